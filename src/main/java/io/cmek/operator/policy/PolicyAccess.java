package io.cmek.operator.policy;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Circumstances.Holds;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a key policy, as read, lets the service's roles do (IAM User Guide, "Policy evaluation logic"). It knows only the policy: a
 * statement that delegates to the account's IAM policies is no proof, and of a condition it is known only sometimes whether it is met.
 *
 * @param missing what no statement allows, by kind
 * @param denials sentences about statements that deny what is wanted
 * @param doubts what is allowed or denied only under conditions of which nobody can tell who reads the policy
 * @param delegations the names of statements that leave what is missing to the account's IAM policies
 */
public record PolicyAccess(Grants missing, List<String> denials, List<Doubt> doubts, List<String> delegations) {

    /**
     * A statement whose condition decides, and may decide differently from call to call.
     *
     * @param principal of the service, whom it is about
     * @param ofUse whether it is about the use of the key, and not about grants
     * @param denies whether it is a Deny
     * @param aboutCaller whether its condition is only about who calls, so that all calls of the principal fare alike
     */
    public record Doubt(String principal, boolean ofUse, boolean denies, boolean aboutCaller, String sentence) {

        private boolean isAbout(String role) {
            return means(principal, role);
        }
    }

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
        doubts = List.copyOf(doubts);
        delegations = List.copyOf(delegations);
    }

    /** Whether statements without a condition that matters allow all that is wanted; others may still deny it. */
    public boolean isAllowed() {
        return missing.isEmpty() && doubts.stream().allMatch(Doubt::denies);
    }

    /** Whether the policy alone shows that the service can use the key. */
    public boolean isComplete() {
        return missing.isEmpty() && denials.isEmpty() && doubts.isEmpty();
    }

    /** @param key whose policy it is */
    public static PolicyAccess read(PolicyDocument policy, KeyArn key, Grants wanted) {
        var statements = policy.statements();
        var missing = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        var denials = new LinkedHashSet<String>();
        var doubts = new LinkedHashSet<Doubt>();
        var delegations = new LinkedHashSet<String>();
        wanted.principals().forEach((kind, principals) -> {
            for (String principal : principals) {
                var reading = new Reading(key, kind, principal);
                if (!reading.allowed(statements, doubts)) {
                    missing.computeIfAbsent(kind, k -> new TreeSet<>()).add(principal);
                    delegations.addAll(reading.delegations(statements));
                }
                reading.denied(statements, denials, doubts);
            }
        });
        return new PolicyAccess(
                new Grants(missing), List.copyOf(denials), List.copyOf(doubts), List.copyOf(delegations));
    }

    /** The same, after KMS let the role encrypt and decrypt in calls of its own: that settles what holds for all of its calls. */
    public PolicyAccess provenFor(String role) {
        return new PolicyAccess(
                missing,
                denials,
                doubts.stream()
                        .filter(d -> !(d.isAbout(role) && d.ofUse() && (!d.denies() || d.aboutCaller())))
                        .toList(),
                delegations);
    }

    /**
     * The doubts that make a refusal of KMS inconclusive: the role may fare otherwise when a service of AWS calls for it, or with another
     * encryption context. A condition that is only about the caller is met or not in all calls alike.
     */
    public List<Doubt> excusesFor(String role) {
        return doubts.stream()
                .filter(d -> d.isAbout(role) && d.ofUse() && !d.aboutCaller())
                .toList();
    }

    /** Whether what is wanted for these principals is wanted for the role: it is one of them, or in an account that is. */
    public static boolean isWantedFor(Grants wanted, String role) {
        return wanted.principals().values().stream().flatMap(Collection::stream).anyMatch(p -> means(p, role));
    }

    /** What one principal is allowed and denied of one kind of statement. */
    private static final class Reading {

        private final KeyArn key;
        private final StatementKind kind;
        private final String principal;
        private final List<String> actions;
        private final Circumstances circumstances;

        Reading(KeyArn key, StatementKind kind, String principal) {
            this.key = key;
            this.kind = kind;
            this.principal = principal;
            this.actions = expand(kind);
            this.circumstances = Circumstances.of(key, kind, principal);
        }

        /** Whether each action is allowed, be it under conditions; these are added to the doubts. */
        boolean allowed(List<Statement> statements, Set<Doubt> doubts) {
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
            deciding.forEach(s -> doubts.add(doubt(s, " allows it to " + principal + " only under its condition")));
            return true;
        }

        /** Statements that let the account's IAM policies allow all of it (KMS Developer Guide, "Default key policy"). */
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

        void denied(List<Statement> statements, Set<String> denials, Set<Doubt> doubts) {
            for (Statement statement : statements) {
                List<String> denied = actions.stream()
                        .filter(a -> denies(statement, key, principal, a))
                        .toList();
                if (denied.isEmpty()) {
                    continue;
                }
                switch (holds(statement)) {
                    case ALWAYS ->
                        denials.add("The statement " + statement.name() + " denies " + principal + " "
                                + String.join(", ", denied) + ".");
                    case PERHAPS -> doubts.add(doubt(statement, " denies it to " + principal + " under its condition"));
                    case NEVER -> {}
                }
            }
        }

        private Holds holds(Statement statement) {
            return circumstances.holds(statement.json().get("Condition"));
        }

        private Doubt doubt(Statement statement, String what) {
            SortedSet<String> keys = statement.conditionKeys();
            return new Doubt(
                    principal,
                    !kind.onlyForAwsResources(),
                    statement.isDeny(),
                    !keys.isEmpty() && keys.stream().allMatch(Circumstances::isAboutCaller),
                    "The statement " + statement.name() + what
                            + (keys.isEmpty() ? "" : " on " + String.join(", ", keys)) + ".");
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

    private static boolean denies(Statement statement, KeyArn key, String principal, String action) {
        return statement.isDeny()
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

    /** Actions are compared without case; so are resources here, because the ARNs of keys have no upper case. */
    private static boolean matches(String pattern, String text) {
        return Wildcards.matches(pattern.toLowerCase(Locale.ROOT), text.toLowerCase(Locale.ROOT));
    }
}
