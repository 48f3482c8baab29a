package io.cmek.operator.app;

import io.cmek.operator.app.Settings.TenantSettings;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Creates tenants from settings. An invalid setting prevents startup; the message names the property, its value and the remedy. */
final class TenantsFactory {

    private static final Pattern PRINCIPAL =
            Pattern.compile("arn:aws[a-z0-9-]*:iam::[0-9]{12}:(root|(role|user)/[\\w+=,.@/-]{1,576})");
    private static final Pattern ROLE = Pattern.compile("arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[\\w+=,.@/-]{1,576}");

    private final List<String> problems = new ArrayList<>();

    static Tenants of(Map<String, TenantSettings> settings) {
        var factory = new TenantsFactory();
        List<Tenant> tenants = settings.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(e -> factory.tenant(e.getKey(), e.getValue()))
                .toList();
        factory.refuseEqualNamespaces(tenants);
        if (!factory.problems.isEmpty()) {
            throw new IllegalArgumentException(String.join(" ", factory.problems));
        }
        return new Tenants(tenants);
    }

    private Tenant tenant(String name, TenantSettings settings) {
        String prefix = "cmek.tenants." + name + ".";
        List<String> data = settings.principals().data();
        check(prefix + "principals.data", data, PRINCIPAL, "the ARN of an IAM role, user or account root");
        settings.principals()
                .backup()
                .ifPresent(p -> check(
                        prefix + "principals.backup", p, PRINCIPAL, "the ARN of an IAM role, user or account root"));
        settings.principals()
                .replication()
                .ifPresent(p -> check(
                        prefix + "principals.replication",
                        p,
                        PRINCIPAL,
                        "the ARN of an IAM role, user or account root"));
        settings.roleArn().ifPresent(r -> check(prefix + "role-arn", List.of(r), ROLE, "the ARN of an IAM role"));
        settings.probeRoleArn()
                .ifPresent(r -> check(prefix + "probe-role-arn", List.of(r), ROLE, "the ARN of an IAM role"));
        if (settings.externalId().isPresent() && settings.roleArn().isEmpty()) {
            problems.add(prefix + "external-id is set without " + prefix
                    + "role-arn; set the role, or remove the external id.");
        }
        return new Tenant(
                name,
                globs(settings.namespaces()),
                globs(settings.keys()),
                globs(settings.buckets()),
                settings.roleArn()
                        .map(r -> new CredentialScope(r, settings.externalId().orElse(null)))
                        .orElse(CredentialScope.OWN),
                new Tenant.Principals(
                        new TreeSet<>(data),
                        new TreeSet<>(settings.principals().backup().orElse(data)),
                        new TreeSet<>(settings.principals().replication().orElse(data))),
                settings.probeRoleArn().map(r -> new CredentialScope(r, null)).orElse(null));
    }

    private void check(String property, List<String> values, Pattern shape, String expected) {
        for (String value : values) {
            if (!shape.matcher(value).matches()) {
                problems.add(property + " is '" + value + "'; expected " + expected + ".");
            }
        }
    }

    /** Two tenants with the same pattern would make the tenant of a namespace ambiguous. */
    private void refuseEqualNamespaces(List<Tenant> tenants) {
        var owners = new HashMap<Glob, String>();
        for (Tenant tenant : tenants) {
            for (Glob glob : tenant.namespaces()) {
                Optional.ofNullable(owners.putIfAbsent(glob, tenant.name()))
                        .filter(other -> !other.equals(tenant.name()))
                        .ifPresent(other -> problems.add("cmek.tenants." + other + ".namespaces and cmek.tenants."
                                + tenant.name() + ".namespaces both have '" + glob + "'; a namespace has one tenant."));
            }
        }
    }

    private static List<Glob> globs(List<String> texts) {
        return texts.stream().map(Glob::new).toList();
    }
}
