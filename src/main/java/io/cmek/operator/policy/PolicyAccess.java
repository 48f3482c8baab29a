package io.cmek.operator.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.key.KeyArn;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a key policy, as read, lets the service's roles do (IAM User Guide, "Policy evaluation logic"). It knows only the policy: a
 * statement that delegates to the account's IAM policies is no proof, and neither is a conditional one, but for the condition that we
 * ask for ourselves.
 *
 * @param missing what no statement allows, by kind
 * @param denials sentences about statements that deny, without a condition, what is wanted
 */
public record PolicyAccess(Grants missing, List<String> denials) {

    /** What {@code kms:ReEncrypt*} and {@code kms:GenerateDataKey*} stand for (Service Authorization Reference, AWS KMS). */
    private static final Map<String, List<String>> EXPANSIONS = Map.of(
            "kms:ReEncrypt*",
            List.of("kms:ReEncryptFrom", "kms:ReEncryptTo"),
            "kms:GenerateDataKey*",
            List.of(
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:GenerateDataKeyPair",
                    "kms:GenerateDataKeyPairWithoutPlaintext"));

    public PolicyAccess {
        denials = List.copyOf(denials);
    }

    public boolean isComplete() {
        return missing.isEmpty() && denials.isEmpty();
    }

    /** @param key whose policy it is */
    public static PolicyAccess read(PolicyDocument policy, KeyArn key, Grants wanted) {
        var statements = policy.statements();
        var missing = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        var denials = new ArrayList<String>();
        wanted.principals().forEach((kind, principals) -> {
            List<String> actions = expand(kind);
            for (String principal : principals) {
                boolean allowed = actions.stream()
                        .allMatch(a -> statements.stream().anyMatch(s -> allows(s, key, kind, principal, a)));
                if (!allowed) {
                    missing.computeIfAbsent(kind, k -> new TreeSet<>()).add(principal);
                }
                statements.stream()
                        .filter(s -> actions.stream().anyMatch(a -> denies(s, key, principal, a)))
                        .map(s -> "The statement " + s.name() + " denies " + principal + " "
                                + actions.stream()
                                        .filter(a -> denies(s, key, principal, a))
                                        .collect(Collectors.joining(", "))
                                + ".")
                        .forEach(denials::add);
            }
        });
        return new PolicyAccess(new Grants(missing), denials.stream().distinct().toList());
    }

    private static List<String> expand(StatementKind kind) {
        return kind.actions().stream()
                .flatMap(a -> EXPANSIONS.getOrDefault(a, List.of(a)).stream())
                .toList();
    }

    private static boolean allows(
            Statement statement, KeyArn key, StatementKind kind, String principal, String action) {
        return statement.isAllow()
                && statement.awsPrincipals("Principal").stream().anyMatch(p -> p.equals("*") || isSame(p, principal))
                && coversAction(statement, action)
                && covers(statement, key)
                && (isUnconditional(statement)
                        || (kind.onlyForAwsResources() && PolicyMerge.hasConditionOf(statement, kind)));
    }

    private static boolean denies(Statement statement, KeyArn key, String principal, String action) {
        return statement.isDeny()
                && isUnconditional(statement)
                && coversAction(statement, action)
                && covers(statement, key)
                && (statement.has("NotPrincipal")
                        ? statement.awsPrincipals("NotPrincipal").stream()
                                .noneMatch(p -> p.equals("*") || isSame(p, principal))
                        : statement.awsPrincipals("Principal").stream().anyMatch(p -> means(p, principal)));
    }

    /**
     * In the Principal of a Deny, an account stands for everybody in it. In a NotPrincipal it does not: a role is exempt only where it is named
     * itself (IAM User Guide, "NotPrincipal with Deny").
     */
    private static boolean means(String denied, String principal) {
        String[] parts = principal.split(":", 6);
        return denied.equals("*")
                || isSame(denied, principal)
                || (parts.length == 6 && Statement.canonical(denied).equals(parts[4]));
    }

    private static boolean isSame(String one, String other) {
        return Statement.canonical(one).equals(Statement.canonical(other));
    }

    private static boolean coversAction(Statement statement, String action) {
        return statement.has("NotAction")
                ? statement.strings("NotAction").stream().noneMatch(pattern -> matches(pattern, action))
                : statement.strings("Action").stream().anyMatch(pattern -> matches(pattern, action));
    }

    /**
     * In a key policy {@code "*"} is the key that has it. The ARN of another key means nothing, not even that of the primary in the policy of a
     * replica (KMS Developer Guide, "Key policies").
     */
    private static boolean covers(Statement statement, KeyArn key) {
        return statement.has("NotResource")
                ? statement.strings("NotResource").stream().noneMatch(pattern -> matches(pattern, key.toString()))
                : statement.strings("Resource").stream().anyMatch(pattern -> matches(pattern, key.toString()));
    }

    private static boolean isUnconditional(Statement statement) {
        JsonNode condition = statement.json().get("Condition");
        return condition == null || condition.isEmpty();
    }

    /** Actions are compared without case; so are resources here, because the ARNs of keys have no upper case. */
    private static boolean matches(String pattern, String text) {
        String regex = Pattern.compile("[*?]|[^*?]+").matcher(pattern).replaceAll(part -> switch (part.group()) {
            case "*" -> ".*";
            case "?" -> ".";
            default -> Matcher.quoteReplacement(Pattern.quote(part.group()));
        });
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE).matcher(text).matches();
    }
}
