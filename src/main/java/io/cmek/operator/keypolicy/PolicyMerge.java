package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The grow-only merge of R3. It owns the statements with the Sids of one installation. All others stay JSON-equal and in place. Owned statements gain
 * principals, and regain what was removed from them. Only {@link #release} removes principals.
 *
 * @param installationId part of every Sid; alphanumeric, as Sids are
 */
public record PolicyMerge(String installationId) {

    private static final Set<String> MEMBERS_OF_OURS =
            Set.of("Sid", "Effect", "Principal", "Action", "Resource", "Condition");

    /** Policy authors also write {@code True} (IAM User Guide, "Condition operators", Boolean). */
    private static final Set<String> GRANT_CONDITIONS = Stream.of("true", "True", "TRUE")
            .map(PolicyMerge::grantCondition)
            .map(CanonicalForm::condition)
            .collect(Collectors.toUnmodifiableSet());

    /** Placeholder for a statement to remove. */
    private static final ObjectNode REMOVED = PolicyDocument.JSON.createObjectNode();

    public PolicyMerge {
        if (!installationId.matches("[A-Za-z0-9]{1,32}")) {
            throw new IllegalArgumentException(
                    "cmek.installation-id is '" + installationId + "'; expected 1 to 32 letters and digits.");
        }
    }

    /** Adds the missing part of the required access to the policy. */
    public MergeResult grow(PolicyDocument policy, AccessRequirements wanted) {
        return revise(policy, wanted, AccessRequirements.NONE);
    }

    /**
     * Removes the principals that nobody needs any more from the operator's statements, and removes empty statements. Principals outside of {@code
     * released} stay, because another cluster may need them.
     *
     * @param released access that is no longer required
     * @param stillWanted access that the remaining requests need; stays even if it is also in {@code released}
     */
    public MergeResult release(PolicyDocument policy, AccessRequirements released, AccessRequirements stillWanted) {
        return revise(policy, AccessRequirements.NONE, released.minus(stillWanted));
    }

    /**
     * Restores other writers' statements that a race removed: they were in the policy before the operator's write and are missing after it. If the
     * policy uses the Sid of a lost statement again, its owner has revised it, and it stays as is.
     *
     * @return {@code after} itself if nothing was lost
     */
    public PolicyDocument restore(PolicyDocument before, PolicyDocument after) {
        var present = new Tally(after);
        List<ObjectNode> lost = others(before).stream()
                .filter(s -> !present.take(s))
                .filter(s -> s.sid() == null || after.statement(s.sid()).isEmpty())
                .map(Statement::json)
                .toList();
        return lost.isEmpty() ? after : after.plusStatements(lost);
    }

    /**
     * Three-way merge of another writer's update that a write of the operator replaced.
     *
     * @param policy the policy with the other writer's additions and revisions
     * @param restored names of these statements
     * @param returned names of statements that the other writer had removed, and that the operator's write brought back. They stay, because only
     *     their owner knows whether to remove them
     */
    public record Replay(PolicyDocument policy, List<String> restored, List<String> returned) {}

    /**
     * Restores what a write of the operator took from another writer, who wrote first from the same base.
     *
     * @param base the policy as both read it
     * @param theirs the policy as the other writer sent it
     * @param now the policy after the operator's write; later changes by the owner stay
     */
    public Replay replay(PolicyDocument base, PolicyDocument theirs, PolicyDocument now) {
        var statements = new ArrayList<ObjectNode>();
        now.statements().forEach(s -> statements.add(s.json()));
        var restored = new ArrayList<String>();
        var known = new Tally(base);
        var present = new Tally(now);
        for (Statement their : others(theirs)) {
            boolean wasKnown = known.take(their);
            if (present.take(their) || wasKnown) {
                continue;
            }
            Optional<Statement> sameSid = Optional.ofNullable(their.sid()).flatMap(now::statement);
            if (sameSid.isEmpty()) {
                statements.add(their.json());
                restored.add(their.name());
            } else if (new Tally(base).take(sameSid.get())) {
                statements.set(sameSid.get().index(), their.json());
                restored.add(their.name());
            }
        }
        var kept = new Tally(theirs);
        var left = new Tally(now);
        List<String> returned = others(base).stream()
                .filter(s -> left.take(s) && !kept.take(s))
                .filter(s -> s.sid() == null || theirs.statement(s.sid()).isEmpty())
                .map(Statement::name)
                .toList();
        return new Replay(restored.isEmpty() ? now : now.withStatements(statements), restored, returned);
    }

    private List<Statement> others(PolicyDocument policy) {
        return policy.statements().stream().filter(s -> !isOurs(s)).toList();
    }

    /** Multiset of a policy's statements by their canonical text. */
    private static final class Tally {

        private final Map<String, Integer> left = new TreeMap<>();

        Tally(PolicyDocument policy) {
            policy.statements().forEach(s -> left.merge(s.meaning(), 1, Integer::sum));
        }

        /** @return whether an equivalent statement was left */
        boolean take(Statement statement) {
            Integer count = left.computeIfPresent(statement.meaning(), (meaning, n) -> n - 1);
            return count != null && count >= 0;
        }
    }

    /** The Sids of the statements for the access. */
    public List<String> sids(AccessRequirements wanted) {
        return wanted.principals().keySet().stream()
                .map(kind -> kind.sid(installationId))
                .toList();
    }

    private boolean isOurs(Statement statement) {
        return Arrays.stream(StatementKind.values())
                .anyMatch(kind -> kind.sid(installationId).equals(statement.sid()));
    }

    /** The access that the operator's own statements in the policy give. */
    public AccessRequirements owned(PolicyDocument policy) {
        return Arrays.stream(StatementKind.values())
                .map(kind -> policy.statement(kind.sid(installationId))
                        .filter(s -> foreignContent(s).isEmpty())
                        .map(s -> AccessRequirements.of(kind, livePrincipals(s)))
                        .orElse(AccessRequirements.NONE))
                .reduce(AccessRequirements.NONE, AccessRequirements::plus);
    }

    /**
     * What other writers removed from the operator's statements.
     *
     * @param policy as read now
     * @param given the access that the statements gave before
     * @return a clause for each statement that gives less now; empty if none does
     */
    public List<String> losses(PolicyDocument policy, AccessRequirements given) {
        var losses = new ArrayList<String>();
        given.principals().forEach((kind, principals) -> {
            String sid = kind.sid(installationId);
            Optional<Statement> present = policy.statement(sid);
            if (present.isEmpty()) {
                losses.add("the statement '" + sid + "' had been removed");
            } else if (foreignContent(present.get()).isEmpty() && !gives(present.get(), kind, principals)) {
                losses.add("the statement '" + sid + "' " + narrowing(present.get(), kind, principals));
            }
        });
        return losses;
    }

    /** Whether the operator's statements in the policy give all access of those in the other policy. */
    public boolean hasOursOf(PolicyDocument policy, PolicyDocument other) {
        return losses(policy, owned(other)).isEmpty();
    }

    /** Whether the policy has all foreign statements of the other policy. */
    public boolean hasOthersOf(PolicyDocument policy, PolicyDocument other) {
        var present = new Tally(policy);
        return others(other).stream().allMatch(present::take);
    }

    private static String narrowing(Statement now, StatementKind kind, SortedSet<String> principals) {
        var parts = new ArrayList<String>();
        var named = Statement.canonical(now.awsPrincipals("Principal"));
        List<String> unnamed = principals.stream()
                .filter(p -> !named.contains(Statement.canonical(p)))
                .toList();
        if (!unnamed.isEmpty()) {
            parts.add("no longer named " + String.join(", ", unnamed));
        }
        List<String> actions = now.strings("Action");
        List<String> forbidden = kind.actions().stream()
                .filter(a -> actions.stream().noneMatch(a::equalsIgnoreCase))
                .toList();
        if (!forbidden.isEmpty()) {
            parts.add("no longer allowed " + String.join(", ", forbidden));
        }
        if (!hasConditionOf(now, kind)) {
            parts.add("had another Condition");
        }
        return String.join(" and ", parts);
    }

    /** The access that statements in the form of {@link #suggestion} give. Empty for any other text. */
    public AccessRequirements given(String suggestion) {
        try {
            return owned(PolicyDocument.parse("{\"Statement\":[" + suggestion + "]}"));
        } catch (PolicyDocument.UnreadablePolicyException e) {
            // Someone edited the status by hand. Treat it like a missing status.
            return AccessRequirements.NONE;
        }
    }

    /** The statements for the access, as JSON to paste into the {@code Statement} list of a key policy. */
    public String suggestion(AccessRequirements wanted) {
        var texts = new ArrayList<String>();
        wanted.principals().forEach((kind, arns) -> texts.add(PolicyDocument.pretty(ours(kind, arns))));
        return String.join(",\n", texts);
    }

    private MergeResult revise(PolicyDocument policy, AccessRequirements added, AccessRequirements removed) {
        var statements = new ArrayList<ObjectNode>();
        policy.statements().forEach(s -> statements.add(s.json()));
        var changed = new ArrayList<String>();
        var problems = new ArrayList<PolicyViolation>();

        for (StatementKind kind : StatementKind.values()) {
            SortedSet<String> more = added.of(kind);
            SortedSet<String> fewer = removed.of(kind);
            if (more.isEmpty() && fewer.isEmpty()) {
                continue;
            }
            String sid = kind.sid(installationId);
            List<Statement> present = policy.statements().stream()
                    .filter(s -> sid.equals(s.sid()))
                    .toList();
            Optional<PolicyViolation> taken = present.size() > 1
                    ? Optional.of(sidTaken(present.get(1), "a key policy can have each Sid only once"))
                    : present.stream().flatMap(s -> foreignContent(s).stream()).findFirst();
            if (taken.isPresent()) {
                problems.add(taken.get());
            } else if (present.isEmpty()) {
                if (!more.isEmpty()) {
                    statements.add(ours(kind, more));
                    changed.add(sid);
                }
            } else {
                Statement current = present.getFirst();
                if (!fewer.isEmpty()) {
                    narrow(current, kind, fewer, statements, changed);
                } else if (!gives(current, kind, more)) {
                    widen(current, kind, more, statements, changed);
                }
            }
        }
        if (!problems.isEmpty()) {
            return new MergeResult.Blocked(problems);
        }
        if (changed.isEmpty()) {
            return new MergeResult.InPlace();
        }
        dropDeadPrincipals(policy, statements, changed);
        statements.removeIf(s -> s == REMOVED);
        PolicyDocument document = policy.withStatements(statements);
        problems.addAll(refusalsOfKms(document));
        return problems.isEmpty()
                ? new MergeResult.Write(document, List.copyOf(changed))
                : new MergeResult.Blocked(List.copyOf(problems));
    }

    /** KMS rejects the whole document if any statement names a deleted principal. The operator may remove those in its own statements. */
    private void dropDeadPrincipals(PolicyDocument policy, List<ObjectNode> statements, List<String> changed) {
        policy.statements().stream()
                .filter(s -> isOurs(s) && !changed.contains(s.sid()))
                .filter(s -> foreignContent(s).isEmpty() && !s.deadPrincipals().isEmpty())
                .forEach(s -> {
                    keepPrincipals(s, livePrincipals(s), statements);
                    changed.add(s.sid());
                });
    }

    private static void widen(
            Statement current,
            StatementKind kind,
            SortedSet<String> more,
            List<ObjectNode> statements,
            List<String> changed) {
        var principals = new LinkedHashSet<>(livePrincipals(current));
        var known = Statement.canonical(principals);
        more.stream().filter(p -> !known.contains(Statement.canonical(p))).forEach(principals::add);
        var actions = new LinkedHashSet<>(kind.actions());
        current.strings("Action").stream()
                .filter(a -> kind.actions().stream().noneMatch(a::equalsIgnoreCase))
                .forEach(actions::add);
        statements.set(current.index(), statement(current.sid(), kind, principals, actions));
        changed.add(current.sid());
    }

    private static void narrow(
            Statement current,
            StatementKind kind,
            SortedSet<String> fewer,
            List<ObjectNode> statements,
            List<String> changed) {
        var gone = Statement.canonical(fewer);
        var principals = new LinkedHashSet<>(current.awsPrincipals("Principal"));
        if (!principals.removeIf(p -> gone.contains(Statement.canonical(p)))) {
            return;
        }
        principals.removeIf(Statement::isDead);
        keepPrincipals(current, principals, statements);
        changed.add(current.sid());
    }

    private static void keepPrincipals(Statement current, Collection<String> principals, List<ObjectNode> statements) {
        if (principals.isEmpty()) {
            statements.set(current.index(), REMOVED);
        } else {
            ObjectNode revised = current.json().deepCopy();
            revised.set("Principal", awsPrincipals(principals));
            statements.set(current.index(), revised);
        }
    }

    /** Whether one of the operator's statements already gives the access, in any order and form. */
    private static boolean gives(Statement current, StatementKind kind, SortedSet<String> wanted) {
        var principals = Statement.canonical(current.awsPrincipals("Principal"));
        var actions = current.strings("Action");
        return principals.containsAll(Statement.canonical(wanted))
                && kind.actions().stream().allMatch(a -> actions.stream().anyMatch(a::equalsIgnoreCase))
                && hasConditionOf(current, kind);
    }

    static boolean hasConditionOf(Statement current, StatementKind kind) {
        JsonNode condition = current.json().get("Condition");
        boolean none = condition == null || condition.isEmpty();
        return kind.onlyForAwsResources() ? !none && isGrantCondition(condition) : none;
    }

    private static boolean isGrantCondition(JsonNode condition) {
        return GRANT_CONDITIONS.contains(CanonicalForm.condition(condition));
    }

    /**
     * A statement with the operator's Sid that the operator never writes, such as a Deny or a wider Allow. To overwrite it would change what another
     * writer owns.
     */
    private static Optional<PolicyViolation> foreignContent(Statement statement) {
        var json = statement.json();
        var principal = json.get("Principal");
        String difference = null;
        if (!statement.isAllow()) {
            difference = "its Effect is not Allow";
        } else if (!json.propertyStream().map(Map.Entry::getKey).allMatch(MEMBERS_OF_OURS::contains)) {
            difference = "it has members that the operator never writes";
        } else if (principal == null || !principal.isObject() || principal.size() != 1 || !principal.has("AWS")) {
            difference = "its Principal is not a list of AWS principals";
        } else if (!isTexts(principal.get("AWS"))) {
            difference = "its Principal has something that is not a text";
        } else if (statement.awsPrincipals("Principal").contains("*")) {
            // A foreign Condition may restrict the statement. A repair would drop it, and open the key to everybody.
            difference = "its Principal is everybody";
        } else if (!Set.of("*").equals(new TreeSet<>(statement.strings("Resource")))) {
            difference = "its Resource is not \"*\"";
        } else if (statement.strings("Action").isEmpty() || !isTexts(json.get("Action"))) {
            difference = "its Action is not a list of actions";
        }
        return Optional.ofNullable(difference).map(d -> sidTaken(statement, d));
    }

    private static boolean isTexts(JsonNode node) {
        return node.isTextual() || (node.isArray() && node.valueStream().allMatch(JsonNode::isTextual));
    }

    private static PolicyViolation sidTaken(Statement statement, String difference) {
        return new PolicyViolation(
                PolicyViolation.Kind.SID_TAKEN,
                "The statement " + statement.name() + " has a Sid of this operator but another owner: "
                        + difference
                        + ". Its owner must rename or remove it, or this installation needs another cmek.installation-id.");
    }

    private static List<PolicyViolation> refusalsOfKms(PolicyDocument document) {
        var problems = new ArrayList<PolicyViolation>();
        for (Statement statement : document.statements()) {
            Set<String> dead = statement.deadPrincipals();
            if (!dead.isEmpty()) {
                problems.add(new PolicyViolation(
                        PolicyViolation.Kind.DEAD_PRINCIPAL,
                        "The statement " + statement.name() + " names " + String.join(", ", dead)
                                + ", the id of a deleted user or role; KMS refuses every policy that has it. The statement's owner must"
                                + " remove or replace that principal."));
            }
            String missing = missingMembers(statement);
            if (!missing.isEmpty()) {
                problems.add(
                        new PolicyViolation(
                                PolicyViolation.Kind.STATEMENT_INCOMPLETE,
                                "The statement " + statement.name() + " has no " + missing
                                        + "; KMS refuses a policy with such a statement. Its owner must complete or remove it."));
            }
            statement
                    .json()
                    .toString()
                    .codePoints()
                    .filter(document.refusedCharacters()::contains)
                    // The order differs between reads, so take the smallest for a stable message.
                    .min()
                    .ifPresent(c -> problems.add(new PolicyViolation(
                            PolicyViolation.Kind.CHARACTERS,
                            "The statement " + statement.name() + " has the character U+" + String.format("%04X", c)
                                    + ", which KMS does not accept in a policy. Its owner must remove it.")));
        }
        if (problems.isEmpty() && !document.refusedCharacters().isEmpty()) {
            problems.add(
                    new PolicyViolation(
                            PolicyViolation.Kind.CHARACTERS,
                            "The policy has, outside of its statements, a character that KMS does not accept. The key's owner must remove it."));
        }
        int bytes = document.text().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > PolicyDocument.MAX_BYTES) {
            problems.add(new PolicyViolation(
                    PolicyViolation.Kind.TOO_LARGE,
                    "With the service's statements the key policy would have " + bytes + " bytes; KMS accepts "
                            + PolicyDocument.MAX_BYTES
                            + ". The key's owner must shorten other statements, for example by"
                            + " replacing many principals by a condition on aws:PrincipalOrgID."));
        }
        return problems;
    }

    private static String missingMembers(Statement statement) {
        var missing = new ArrayList<String>();
        if (!statement.has("Effect")) {
            missing.add("Effect");
        }
        for (String member : List.of("Principal", "Action", "Resource")) {
            if (!statement.has(member) && !statement.has("Not" + member)) {
                missing.add(member);
            }
        }
        return String.join(" and no ", missing);
    }

    private static List<String> livePrincipals(Statement statement) {
        return statement.awsPrincipals("Principal").stream()
                .filter(p -> !Statement.isDead(p))
                .toList();
    }

    private ObjectNode ours(StatementKind kind, SortedSet<String> principals) {
        return statement(kind.sid(installationId), kind, principals, kind.actions());
    }

    private static ObjectNode statement(
            String sid, StatementKind kind, Collection<String> principals, Collection<String> actions) {
        ObjectNode statement = PolicyDocument.JSON.createObjectNode();
        statement.put("Sid", sid);
        statement.put("Effect", "Allow");
        statement.set("Principal", awsPrincipals(principals));
        ArrayNode list = statement.putArray("Action");
        actions.forEach(list::add);
        statement.put("Resource", "*");
        if (kind.onlyForAwsResources()) {
            statement.set("Condition", grantCondition("true"));
        }
        return statement;
    }

    private static ObjectNode grantCondition(String holds) {
        ObjectNode condition = PolicyDocument.JSON.createObjectNode();
        condition.putObject("Bool").put("kms:GrantIsForAWSResource", holds);
        return condition;
    }

    private static ObjectNode awsPrincipals(Collection<String> principals) {
        ObjectNode principal = PolicyDocument.JSON.createObjectNode();
        if (principals.size() == 1) {
            principal.put("AWS", principals.iterator().next());
        } else {
            ArrayNode list = principal.putArray("AWS");
            principals.forEach(list::add);
        }
        return principal;
    }
}
