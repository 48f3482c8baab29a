package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.Wildcards;
import io.cmek.operator.keypolicy.RequestContext.Holds;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The access that a key policy, as read, gives the service's roles (IAM User Guide, "Policy evaluation logic"). It evaluates only the policy. A
 * statement that delegates to the account's IAM policies is not evidence. Conditions have a known result only sometimes.
 *
 * @param missing access that no statement allows, by kind
 * @param denials sentences about statements that deny required access to the service's roles
 * @param volumeDenials sentences about statements that deny the key to the EBS role that attaches volumes, with the remedy
 * @param unresolvedConditions statements that allow or deny access under conditions that the policy alone does not resolve
 * @param delegations names of statements that delegate missing access to the account's IAM policies
 */
public record PolicyAccess(
        AccessRequirements missing,
        List<String> denials,
        List<String> volumeDenials,
        List<Doubt> unresolvedConditions,
        List<String> delegations) {

    /**
     * A statement that may or may not apply, mostly because of its condition.
     *
     * @param statement index in the policy
     * @param principal whose access it affects: a principal of the service, or the EBS role that attaches volumes
     * @param use the kind of access that it affects
     * @param denies whether it is a Deny
     * @param alike the calls for which it has one result
     * @param proven whether the calls of a proof are among the calls that it affects
     */
    public record Doubt(
            int statement,
            String principal,
            Use use,
            boolean denies,
            ConditionScope alike,
            boolean proven,
            String sentence) {

        private boolean isAbout(String role) {
            return means(principal, role);
        }

        /** Whether a proof as this role resolves the statement. That is so if the statement has one result for all calls of the role. */
        private boolean isSettledBy(String role) {
            boolean shown = proven && alike.compareTo(ConditionScope.ROLE) <= 0;
            return use != Use.VOLUMES
                    && isAbout(role)
                    && (denies ? shown : shown || (use == Use.KEY && alike != ConditionScope.SESSION));
        }
    }

    /** The kind of access that a statement affects. */
    public enum Use {
        /** Use of the key by the service's roles. */
        KEY,
        /** KMS grants that the service's roles create. */
        GRANTS,
        /** Use of the key by EBS, to attach volumes. */
        VOLUMES
    }

    private static final String DECRYPT = "kms:Decrypt";

    /** The actions of a proof ({@code KeyService.proveAccess}). */
    private static final List<String> PROVEN = List.of("kms:GenerateDataKeyWithoutPlaintext", DECRYPT);

    /** The actions that {@code kms:ReEncrypt*} and {@code kms:GenerateDataKey*} match (Service Authorization Reference, AWS KMS). */
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
        volumeDenials = List.copyOf(volumeDenials);
        unresolvedConditions = List.copyOf(unresolvedConditions);
        delegations = List.copyOf(delegations);
    }

    /** Whether statements without an unresolved condition allow all required access. Other statements may still deny it. */
    public boolean isAllowed() {
        return missing.isEmpty() && unresolvedConditions.stream().allMatch(Doubt::denies);
    }

    /** Whether the policy alone shows that the service can use the key. */
    public boolean isComplete() {
        return missing.isEmpty() && denials.isEmpty() && volumeDenials.isEmpty() && unresolvedConditions.isEmpty();
    }

    /** Whether the policy allows the service's roles, and denies EBS. Then buckets work and volumes do not. */
    public boolean deniesOnlyVolumes() {
        return missing.isEmpty() && denials.isEmpty() && !volumeDenials.isEmpty();
    }

    /** @param key the key of the policy */
    public static PolicyAccess read(PolicyDocument policy, KeyArn key, AccessRequirements wanted) {
        var statements = policy.statements();
        var missing = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        var denials = new LinkedHashSet<String>();
        var unresolvedConditions = new LinkedHashSet<Doubt>();
        var delegations = new LinkedHashSet<String>();
        wanted.principals().forEach((kind, principals) -> {
            for (String principal : principals) {
                var reading = new Reading(key, kind, principal);
                if (!reading.allowed(statements, unresolvedConditions)) {
                    missing.computeIfAbsent(kind, k -> new TreeSet<>()).add(principal);
                    delegations.addAll(reading.delegations(statements));
                }
                reading.denied(statements, denials, unresolvedConditions);
            }
        });
        var volumeDenials = new LinkedHashSet<String>();
        wanted.of(StatementKind.DATA_GRANTS).stream()
                .flatMap(principal -> Statement.account(principal).stream())
                .distinct()
                .forEach(account -> new Volumes(key, account).denied(statements, volumeDenials, unresolvedConditions));
        return new PolicyAccess(
                new AccessRequirements(missing),
                List.copyOf(denials),
                List.copyOf(volumeDenials),
                List.copyOf(unresolvedConditions),
                List.copyOf(delegations));
    }

    /**
     * The same access, after KMS let the role encrypt and decrypt in its own calls. This resolves statements with one result for all calls of the
     * role. For the EBS role in the same account, it resolves statements with one result for all roles of the account.
     */
    public PolicyAccess provenFor(String role) {
        List<Doubt> settled =
                unresolvedConditions.stream().filter(d -> d.isSettledBy(role)).toList();
        return new PolicyAccess(
                missing,
                denials,
                volumeDenials,
                unresolvedConditions.stream()
                        .filter(d -> !settled.contains(d)
                                && !(d.use() == Use.VOLUMES
                                        && d.alike() == ConditionScope.ACCOUNT
                                        && isSameAccount(d.principal(), role)
                                        && settled.stream()
                                                .anyMatch(s -> s.statement() == d.statement()
                                                        && s.denies()
                                                        && s.alike() == ConditionScope.ACCOUNT)))
                        .toList(),
                delegations);
    }

    private static boolean isSameAccount(String one, String other) {
        return Statement.account(one).equals(Statement.account(other));
    }

    /**
     * The unresolved statements that make a KMS denial inconclusive. The role may have another result in another session, in a call by an AWS
     * service, or with another encryption context. Statements with one result for all of its calls do not count.
     */
    public List<Doubt> inconclusiveFor(String role) {
        return unresolvedConditions.stream()
                .filter(d -> d.use() == Use.KEY
                        && d.isAbout(role)
                        && (d.proven() || !d.denies())
                        && d.alike().compareTo(ConditionScope.ROLE) > 0)
                .toList();
    }

    /** Whether access that these principals require includes the role: it is one of them, or in an account that is. */
    public static boolean isWantedFor(AccessRequirements wanted, String role) {
        return wanted.principals().values().stream().flatMap(Collection::stream).anyMatch(p -> means(p, role));
    }

    /** Evaluates one kind of statement for one principal. */
    private static final class Reading {

        private final KeyArn key;
        private final StatementKind kind;
        private final String principal;
        private final List<String> actions;
        private final RequestContext circumstances;

        Reading(KeyArn key, StatementKind kind, String principal) {
            this.key = key;
            this.kind = kind;
            this.principal = principal;
            this.actions = expand(kind);
            this.circumstances = RequestContext.of(key, kind, principal);
        }

        /** Whether each action is allowed, even if only under conditions. Adds these to the unresolved conditions. */
        boolean allowed(List<Statement> statements, Set<Doubt> unresolvedConditions) {
            var deciding = new LinkedHashSet<Statement>();
            for (String action : actions) {
                List<Statement> allowing = statements.stream()
                        .filter(s -> allows(s, key, principal, action) && holds(s) != Holds.NEVER)
                        .toList();
                if (allowing.isEmpty()) {
                    return false;
                }
                if (allowing.stream().noneMatch(s -> holds(s) == Holds.ALWAYS)) {
                    deciding.addAll(allowing);
                }
            }
            deciding.forEach(s -> unresolvedConditions.add(
                    unresolvedCondition(s, " allows it to " + principal + " only under its condition")));
            return true;
        }

        /** Statements that let the account's IAM policies allow all of the access (KMS Developer Guide, "Default key policy"). */
        List<String> delegations(List<Statement> statements) {
            return statements.stream()
                    .filter(Statement::isAllow)
                    .filter(s -> s.awsPrincipals("Principal").stream()
                            .anyMatch(p -> !p.equals("*") && !isSame(p, principal) && means(p, principal)))
                    .filter(s -> actions.stream().allMatch(a -> coversAction(s, a)) && covers(s, key))
                    .filter(s -> holds(s) != Holds.NEVER)
                    .map(Statement::name)
                    .toList();
        }

        void denied(List<Statement> statements, Set<String> denials, Set<Doubt> unresolvedConditions) {
            for (Statement statement : statements) {
                List<String> denied = actions.stream()
                        .filter(a -> statement.isDeny() && coversAction(statement, a) && covers(statement, key))
                        .toList();
                Holds concerned = concerns(statement);
                Holds holds = holds(statement);
                if (denied.isEmpty() || concerned == Holds.NEVER || holds == Holds.NEVER) {
                    continue;
                }
                if (concerned == Holds.PERHAPS) {
                    unresolvedConditions.add(
                            statement.has("NotPrincipal")
                                    ? unresolvedCondition(
                                            statement,
                                            " may deny it to " + principal
                                                    + ", because its NotPrincipal names the role without its account")
                                    : unresolvedCondition(statement, " denies it to a session of " + principal));
                } else if (holds == Holds.PERHAPS) {
                    unresolvedConditions.add(
                            unresolvedCondition(statement, " denies it to " + principal + " under its condition"));
                } else {
                    denials.add("The statement " + statement.name() + " denies " + principal + " "
                            + String.join(", ", denied) + ".");
                }
            }
        }

        /**
         * Whether a Deny applies to the principal at all. In a Principal, an account stands for all of its principals. In a NotPrincipal it does not.
         * It exempts a role only by name, and "you must also specify the account". Without the account "the policy might deny access" (IAM User
         * Guide, "NotPrincipal").
         */
        private Holds concerns(Statement statement) {
            if (!statement.has("NotPrincipal")) {
                List<String> named = statement.awsPrincipals("Principal");
                return named.stream().anyMatch(p -> means(p, principal))
                        ? Holds.ALWAYS
                        : named.stream().anyMatch(p -> Statement.isSessionOf(p, principal))
                                ? Holds.PERHAPS
                                : Holds.NEVER;
            }
            List<String> exempt = statement.awsPrincipals("NotPrincipal");
            if (exempt.contains("*")) {
                return Holds.NEVER;
            }
            if (exempt.stream().noneMatch(p -> isSame(p, principal))) {
                return Holds.ALWAYS;
            }
            return namesAccountOf(principal, exempt) ? Holds.NEVER : Holds.PERHAPS;
        }

        private Holds holds(Statement statement) {
            return circumstances.holds(statement.json().get("Condition"));
        }

        private Doubt unresolvedCondition(Statement statement, String what) {
            boolean ofSession = statement.isDeny()
                    && !statement.has("NotPrincipal")
                    && statement.awsPrincipals("Principal").stream().noneMatch(p -> means(p, principal));
            ConditionScope alike = circumstances.alike(statement.json().get("Condition"));
            // Even conditions with one result for the account do not show whether KMS accepts the role's name alone.
            ConditionScope least = ofSession
                    ? ConditionScope.SESSION
                    : concerns(statement) == Holds.PERHAPS ? ConditionScope.ROLE : ConditionScope.ACCOUNT;
            return new Doubt(
                    statement.index(),
                    principal,
                    kind.onlyForAwsResources() ? Use.GRANTS : Use.KEY,
                    statement.isDeny(),
                    alike.compareTo(least) < 0 ? least : alike,
                    covers(statement, key)
                            && (statement.isDeny()
                                    ? PROVEN.stream().anyMatch(a -> coversAction(statement, a))
                                    : PROVEN.stream().allMatch(a -> coversAction(statement, a))),
                    "The statement " + statement.name() + what + keys(statement) + ".");
        }
    }

    /** The condition keys, as the end of a sentence. */
    private static String keys(Statement statement) {
        SortedSet<String> keys = statement.conditionKeys();
        return keys.isEmpty() ? "" : " on " + String.join(", ", keys);
    }

    /**
     * Evaluates what the policy denies to EBS. To attach a volume, EC2 decrypts the volume's data key. It does so as an identity-only role in the
     * account that attaches the volume. A KMS grant allows it, but an explicit Deny in the key policy overrides the grant (EBS User Guide,
     * "Permissions for instances").
     *
     * <p>AWS documents the role's ARN in two forms: without the instance id (Data Perimeter Policy Examples), and with it (EBS User Guide). A Deny
     * that exempts the form without the id does not apply. One that exempts only the form with the id is unresolved.
     */
    private static final class Volumes {

        private final KeyArn key;
        private final String role;
        private final String account;
        private final RequestContext ofRole;

        Volumes(KeyArn key, String account) {
            this.key = key;
            this.role = "arn:" + key.partition() + ":iam::" + account + ":role/" + RequestContext.EBS;
            this.account = account;
            this.ofRole = RequestContext.ofVolumes(key, account, role);
        }

        void denied(List<Statement> statements, Set<String> denials, Set<Doubt> unresolvedConditions) {
            for (Statement statement : statements) {
                if (!statement.isDeny() || !coversAction(statement, DECRYPT) || !covers(statement, key)) {
                    continue;
                }
                Holds concerned = concerns(statement);
                JsonNode condition = statement.json().get("Condition");
                Holds holds = ofRole.holds(condition);
                Holds instance = ofInstances(condition);
                String named = "The statement " + statement.name();
                if (concerned == Holds.NEVER) {
                    continue;
                }
                if (holds == Holds.NEVER) {
                    // Without an exemption, the Deny is meant for the instances.
                    if (instance != Holds.NEVER && statement.isTargetedByCondition("aws:PrincipalArn")) {
                        unresolvedConditions.add(unresolvedCondition(
                                statement,
                                ConditionScope.CALL,
                                named + " denies " + DECRYPT + " to " + role
                                        + "/<instance id>, a role with which EBS may attach volumes."));
                    }
                } else if (concerned == Holds.PERHAPS) {
                    unresolvedConditions.add(unresolvedCondition(
                            statement,
                            ConditionScope.CALL,
                            named + " denies " + DECRYPT + " to a session of " + role
                                    + ", the role with which EBS attaches volumes."));
                } else if (holds == Holds.PERHAPS) {
                    unresolvedConditions.add(unresolvedCondition(
                            statement,
                            ofRole.alike(condition),
                            named + " may deny " + DECRYPT + " to " + role
                                    + ", the role with which EBS attaches volumes, under its condition"
                                    + keys(statement) + "."));
                } else if (instance != Holds.ALWAYS) {
                    unresolvedConditions.add(unresolvedCondition(
                            statement,
                            ConditionScope.CALL,
                            named + " may deny " + DECRYPT + " to EBS, which attaches volumes as " + role
                                    + ": it exempts only the form with an instance id. Exempt " + role + ", too."));
                } else {
                    denials.add(named + " denies " + DECRYPT + " to EBS, which attaches volumes as " + role
                            + ". Exempt " + role + " and " + role + "/* in it, by ArnNotLike on aws:PrincipalArn.");
                }
            }
        }

        private Holds ofInstances(@Nullable JsonNode condition) {
            Set<Holds> each = RequestContext.instances(condition).stream()
                    .map(id -> RequestContext.ofVolumes(key, account, role + "/" + id)
                            .holds(condition))
                    .collect(Collectors.toCollection(TreeSet::new));
            return each.size() == 1 ? each.iterator().next() : Holds.PERHAPS;
        }

        /**
         * KMS takes no role that does not exist into a policy, so a NotPrincipal can name only the account. That is what exempts EBS's role.
         */
        private Holds concerns(Statement statement) {
            if (statement.has("NotPrincipal")) {
                List<String> exempt = statement.awsPrincipals("NotPrincipal");
                return exempt.contains("*") || namesAccountOf(role, exempt) ? Holds.NEVER : Holds.ALWAYS;
            }
            List<String> named = statement.awsPrincipals("Principal");
            return named.stream().anyMatch(p -> means(p, role))
                    ? Holds.ALWAYS
                    : named.stream().anyMatch(p -> Statement.isSessionOf(p, role) || p.startsWith(role + "/"))
                            ? Holds.PERHAPS
                            : Holds.NEVER;
        }

        private Doubt unresolvedCondition(Statement statement, ConditionScope alike, String sentence) {
            return new Doubt(statement.index(), role, Use.VOLUMES, true, alike, false, sentence);
        }
    }

    private static List<String> expand(StatementKind kind) {
        return kind.actions().stream()
                .flatMap(a -> EXPANSIONS.getOrDefault(a, List.of(a)).stream())
                .toList();
    }

    private static boolean allows(Statement statement, KeyArn key, String principal, String action) {
        return statement.isAllow()
                && statement.awsPrincipals("Principal").stream().anyMatch(p -> p.equals("*") || isSame(p, principal))
                && coversAction(statement, action)
                && covers(statement, key);
    }

    private static boolean namesAccountOf(String principal, List<String> principals) {
        return Statement.account(principal)
                .map(account ->
                        principals.stream().anyMatch(p -> Statement.canonical(p).equals(account)))
                .orElse(false);
    }

    /** In the Principal of a Deny, an account stands for all of its principals. */
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
     * In a key policy {@code "*"} means the key of the policy. The ARN of another key has no effect, not even the primary's ARN in the policy of a
     * replica (KMS Developer Guide, "Key policies").
     */
    private static boolean covers(Statement statement, KeyArn key) {
        return statement.has("NotResource")
                ? statement.strings("NotResource").stream().noneMatch(pattern -> matches(pattern, key.toString()))
                : statement.strings("Resource").stream().anyMatch(pattern -> matches(pattern, key.toString()));
    }

    /** Actions are case-insensitive. Resources may be compared likewise, because key ARNs have no upper case. */
    private static boolean matches(String pattern, String text) {
        return Wildcards.matches(pattern.toLowerCase(Locale.ROOT), text.toLowerCase(Locale.ROOT));
    }
}
