package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;

/** What holds for every document and everything that may be wanted in it (R3). */
@Domain(Policies.class)
@Domain(net.jqwik.api.domains.DomainContext.Global.class)
class PolicyMergePropertyTest {

    private static final int TRIES = 300;

    private final PolicyMerge merge = Policies.OURS;

    @Property(tries = TRIES)
    void readingAndWritingKeepsTheDocument(@ForAll Policies.Text text) throws UnreadablePolicyException {
        PolicyDocument document = PolicyDocument.parse(text.value());

        // To the letter, and not only in its meaning.
        assertThat(Policies.json(PolicyDocument.parse(document.text()))).isEqualTo(Policies.json(document));
        assertThat(Policies.json(PolicyDocument.parse(document.prettyText()))).isEqualTo(Policies.json(document));
        assertThat(PolicyDocument.parse(document.text()).text()).isEqualTo(document.text());
    }

    @Property(tries = TRIES)
    void whatIsWantedIsThereAfterwards(@ForAll PolicyDocument policy, @ForAll AccessRequirements wanted) {
        PolicyDocument after = grow(policy, wanted);

        assertThat(PolicyAccess.read(after, Policies.KEY, wanted).missing()).isEqualTo(AccessRequirements.NONE);
    }

    @Property(tries = TRIES)
    void aSecondMergeFindsNothingToDo(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements wanted, @ForAll Random random) {
        PolicyDocument after = grow(policy, wanted);

        assertThat(merge.grow(after, wanted)).isEqualTo(new MergeResult.InPlace());
        assertThat(merge.grow(Policies.rewritten(after, random), wanted))
                .as("as KMS may give it back")
                .isEqualTo(new MergeResult.InPlace());
    }

    @Property(tries = TRIES)
    void somethingIsLostExactlyWhereGrowingPutsItBack(@ForAll PolicyDocument policy, @ForAll AccessRequirements given) {
        assertThat(merge.losses(policy, given).isEmpty())
                .isEqualTo(merge.grow(policy, given) instanceof MergeResult.InPlace);
        assertThat(merge.losses(grow(policy, given), given)).isEmpty();
        assertThat(merge.given(merge.suggestion(given))).isEqualTo(given);
    }

    @Property(tries = TRIES)
    void everyForeignStatementAndEveryOtherMemberStaysAsAndWhereItIs(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements wanted) {
        PolicyDocument after = grow(policy, wanted);

        assertThat(Policies.foreign(after)).isEqualTo(Policies.foreign(policy));
        List<Statement> before = policy.statements();
        for (Statement statement : before) {
            assertThat(after.statements().get(statement.index()).sid()).isEqualTo(statement.sid());
        }
        assertThat(membersBesideStatement(after)).isEqualTo(membersBesideStatement(policy));
        assertThat(orderOfMembers(after)).startsWith(orderOfMembers(policy).toArray(String[]::new));
        // Not even the order of a statement's members, which JSON equality does not see.
        assertThat(Policies.foreign(after).stream().map(ObjectNode::toString))
                .isEqualTo(Policies.foreign(policy).stream()
                        .map(ObjectNode::toString)
                        .toList());
    }

    @Property(tries = TRIES)
    void ourStatementsOnlyGrow(@ForAll PolicyDocument policy, @ForAll AccessRequirements wanted) {
        var before = Policies.meaning(policy);
        var after = Policies.meaning(grow(policy, wanted));

        before.forEach((kind, meaning) -> {
            assertThat(after.get(kind).get(0)).containsAll(meaning.get(0));
            assertThat(after.get(kind).get(1)).containsAll(meaning.get(1));
        });
    }

    @Property(tries = TRIES)
    void nobodyIsLetInWhoIsNotWanted(@ForAll PolicyDocument policy, @ForAll AccessRequirements wanted) {
        var before = Policies.meaning(policy);

        Policies.meaning(grow(policy, wanted)).forEach((kind, meaning) -> {
            Set<String> allowed =
                    new TreeSet<>(before.containsKey(kind) ? before.get(kind).get(0) : Set.of());
            Policies.meaning(grow(Policies.parse("{}"), wanted))
                    .getOrDefault(kind, List.of(Set.of()))
                    .getFirst()
                    .forEach(allowed::add);
            assertThat(allowed).containsAll(meaning.get(0));
        });
    }

    @Property(tries = TRIES)
    void theOrderOfTwoMergesDoesNotMatter(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements first, @ForAll AccessRequirements second) {
        PolicyDocument oneWay = grow(grow(policy, first), second);
        PolicyDocument otherWay = grow(grow(policy, second), first);
        PolicyDocument atOnce = grow(policy, first.plus(second));

        assertThat(Policies.meaning(oneWay))
                .isEqualTo(Policies.meaning(otherWay))
                .isEqualTo(Policies.meaning(atOnce));
        assertThat(Policies.foreign(oneWay)).isEqualTo(Policies.foreign(otherWay));
    }

    @Property(tries = TRIES)
    void twoInstallationsDoNotTouchEachOther(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements first, @ForAll AccessRequirements second) {
        var other = new PolicyMerge("ac");
        PolicyDocument both = Policies.after(grow(policy, first), other.grow(grow(policy, first), second));

        assertThat(merge.grow(both, first)).isEqualTo(new MergeResult.InPlace());
        PolicyDocument left = Policies.after(both, other.release(both, second, AccessRequirements.NONE));
        assertThat(left.statements()).isEqualTo(grow(policy, first).statements());
    }

    @Property(tries = TRIES)
    void releaseUndoesGrowth(@ForAll PolicyDocument policy, @ForAll AccessRequirements wanted) {
        PolicyDocument grown = grow(policy, wanted);
        AccessRequirements added = wanted.minus(present(policy));
        PolicyDocument after = release(grown, added, AccessRequirements.NONE);

        assertThat(Policies.foreign(after)).isEqualTo(Policies.foreign(policy));
        assertThat(present(after)).isEqualTo(present(policy));
    }

    @Property(tries = TRIES)
    void releaseTakesAwayOnlyWhatIsReleasedAndNotStillWanted(
            @ForAll PolicyDocument policy,
            @ForAll AccessRequirements others,
            @ForAll AccessRequirements released,
            @ForAll AccessRequirements stillWanted) {
        PolicyDocument grown = grow(policy, others.plus(released).plus(stillWanted));
        PolicyDocument after = release(grown, released, stillWanted);

        assertThat(present(after)).isEqualTo(present(grown).minus(released.minus(stillWanted)));
        assertThat(merge.release(after, released, stillWanted)).isEqualTo(new MergeResult.InPlace());
        assertThat(merge.grow(after, stillWanted)).isEqualTo(new MergeResult.InPlace());
        assertThat(Policies.foreign(after)).isEqualTo(Policies.foreign(policy));
    }

    @Property(tries = TRIES)
    void nothingBeyondTheLimitIsEverWritten(
            @ForAll PolicyDocument policy,
            @ForAll AccessRequirements wanted,
            @ForAll @IntRange(min = 30_000, max = 33_500) int size) {
        PolicyDocument padded = padded(policy, size);
        boolean tooLarge = bytes(Policies.after(policy, merge.grow(policy, wanted))) + bytes(padded) - bytes(policy)
                > PolicyDocument.MAX_BYTES;

        switch (merge.grow(padded, wanted)) {
            case MergeResult.InPlace() -> assertThat(merge.grow(policy, wanted)).isEqualTo(new MergeResult.InPlace());
            case MergeResult.Write(PolicyDocument document, var sids) -> {
                assertThat(bytes(document)).isLessThanOrEqualTo(PolicyDocument.MAX_BYTES);
                assertThat(tooLarge).isFalse();
            }
            case MergeResult.Blocked(List<PolicyViolation> problems) -> {
                assertThat(problems).extracting(PolicyViolation::kind).containsOnly(PolicyViolation.Kind.TOO_LARGE);
                assertThat(tooLarge).isTrue();
            }
        }
    }

    @Property(tries = TRIES)
    void lostForeignStatementsAreRestoredAndNothingElse(
            @ForAll PolicyDocument before, @ForAll PolicyDocument after, @ForAll Random random) {
        // What another writer left: some of the statements from before, as KMS gave them to him, and statements of his
        // own.
        var left = new ArrayList<ObjectNode>();
        List<Statement> theirs =
                Policies.otherwise(before, Policies.Freedom.OF_KMS, random).statements();
        for (Statement statement : before.statements()) {
            if (random.nextBoolean()) {
                left.add(theirs.get(statement.index()).json());
            }
        }
        after.statements().forEach(s -> left.add(s.json()));
        PolicyDocument raced = after.withStatements(left);

        PolicyDocument restored = merge.restore(before, raced);

        List<Statement> statements = restored.statements();
        assertThat(statements.subList(0, left.size()).stream().map(Statement::json))
                .isEqualTo(left);
        var sids =
                new HashSet<>(left.stream().map(s -> s.path("Sid").asText(null)).toList());
        var meanings = new ArrayList<>(
                raced.statements().stream().map(Statement::meaning).toList());
        var expected = before.statements().stream()
                .filter(s -> !Policies.isOurs(s))
                .filter(s -> !meanings.remove(s.meaning()))
                .map(Statement::json)
                .filter(s -> !s.has("Sid") || !sids.contains(s.get("Sid").textValue()))
                .toList();
        assertThat(statements.subList(left.size(), statements.size()).stream().map(Statement::json))
                .isEqualTo(expected);
        assertThat(merge.restore(before, restored)).isEqualTo(restored);
        if (expected.isEmpty()) {
            assertThat(restored).isSameAs(raced);
        }
    }

    private static final List<String> FLAWED = List.of("""
            {"Sid":"Gone","Effect":"Allow","Principal":{"AWS":["AROAEXAMPLEROLEID0001","*"]},"Action":"kms:*","Resource":"*"}""", """
            {"Sid":"Gone","Effect":"Deny","NotPrincipal":{"AWS":"AIDAEXAMPLEUSERID0001"},"Action":"kms:*","Resource":"*"}""", """
            {"Sid":"Gone","Effect":"Allow","Principal":"*","Resource":"*"}""", """
            {"Sid":"Gone","Effect":"Allow","Action":"kms:*","Resource":"*"}""", """
            {"Sid":"Gone","Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/x":"€"}}}""", """
            {"Sid":"Gone"}""");

    @Property(tries = TRIES)
    void aDocumentThatKmsRefusesIsNotWrittenAndTheStatementAtFaultIsNamed(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements wanted, @ForAll Random random) {
        var flawed = new ArrayList<ObjectNode>();
        policy.statements().forEach(s -> flawed.add(s.json()));
        String bad = FLAWED.get(random.nextInt(FLAWED.size()));
        flawed.add(random.nextInt(flawed.size() + 1), (ObjectNode) Policies.json(Policies.parse(bad)));
        PolicyDocument document =
                Policies.parse(policy.withStatements(flawed).text().replace("\\u20AC", "€"));

        switch (merge.grow(document, wanted)) {
            case MergeResult.InPlace() -> assertThat(merge.grow(policy, wanted)).isEqualTo(new MergeResult.InPlace());
            case MergeResult.Blocked(List<PolicyViolation> problems) ->
                assertThat(problems)
                        .singleElement()
                        .satisfies(p -> assertThat(p.message()).contains("'Gone'"));
            case MergeResult.Write write -> throw new AssertionError("written: " + write.document());
        }
    }

    @Property(tries = TRIES)
    void somebodyElsesStatementUnderOurSidIsNeverTouched(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements wanted, @ForAll Random random) {
        var kinds = List.copyOf(wanted.principals().keySet());
        if (kinds.isEmpty()) {
            return;
        }
        StatementKind kind = kinds.get(random.nextInt(kinds.size()));
        ObjectNode theirs = Policies.ours(kind, Set.of(Policies.ROLES.getFirst()));
        switch (random.nextInt(10)) {
            case 0 -> theirs.put("Effect", "Deny");
            case 1 -> theirs.put("Principal", "*");
            case 2 -> theirs.putObject("Principal").put("AWS", "*");
            case 3 -> theirs.putObject("Principal").put("Service", "ec2.amazonaws.com");
            case 4 -> ((ObjectNode) theirs.get("Principal")).put("Service", "ec2.amazonaws.com");
            case 5 -> theirs.set("NotAction", theirs.remove("Action"));
            case 6 -> theirs.put("Resource", Policies.KEY.toString());
            case 7 -> theirs.putArray("Resource").add("*").add(Policies.KEY.toString());
            case 8 -> theirs.putObject("Principal").putArray("AWS").add(111122223333L);
            default -> theirs.put("Comment", "ours now");
        }
        List<ObjectNode> statements = new ArrayList<>();
        policy.statements().stream()
                .filter(s -> !theirs.get("Sid").textValue().equals(s.sid()))
                .forEach(s -> statements.add(s.json()));
        statements.add(theirs);
        PolicyDocument document = policy.withStatements(statements);

        assertThat(merge.grow(document, wanted))
                .isInstanceOfSatisfying(
                        MergeResult.Blocked.class,
                        blocked -> assertThat(blocked.problems())
                                .singleElement()
                                .satisfies(p -> {
                                    assertThat(p.kind()).isEqualTo(PolicyViolation.Kind.SID_TAKEN);
                                    assertThat(p.message()).contains(kind.sid("a"));
                                }));
    }

    private PolicyDocument grow(PolicyDocument policy, AccessRequirements wanted) {
        return Policies.after(policy, merge.grow(policy, wanted));
    }

    private PolicyDocument release(PolicyDocument policy, AccessRequirements released, AccessRequirements stillWanted) {
        return Policies.after(policy, merge.release(policy, released, stillWanted));
    }

    /** The principals of our statements, an account always as the ARN of its root. */
    private static AccessRequirements present(PolicyDocument policy) {
        AccessRequirements present = AccessRequirements.NONE;
        for (Statement statement : policy.statements()) {
            StatementKind kind = Policies.kindOf(statement);
            if (kind != null) {
                present = present.plus(AccessRequirements.of(
                        kind,
                        statement.awsPrincipals("Principal").stream()
                                .map(p -> p.matches("[0-9]{12}") ? "arn:aws:iam::" + p + ":root" : p)
                                .toList()));
            }
        }
        return present;
    }

    private static ObjectNode membersBesideStatement(PolicyDocument document) {
        ObjectNode json = (ObjectNode) Policies.json(document);
        json.remove("Statement");
        return json;
    }

    private static List<String> orderOfMembers(PolicyDocument document) {
        var names = new ArrayList<String>();
        Policies.json(document).fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** With statements of others added up to about so many bytes. */
    private static PolicyDocument padded(PolicyDocument policy, int bytes) {
        int missing = bytes - bytes(policy);
        ObjectNode padding = (ObjectNode)
                Policies.json(
                        Policies.parse(
                                "{\"Sid\":\"Padding\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"kms:ScheduleKeyDeletion\",\"Resource\":\"*\"}"));
        ArrayNode accounts =
                padding.putObject("Condition").putObject("StringNotEquals").putArray("kms:CallerAccount");
        IntStream.range(0, Math.max(0, missing / 15)).forEach(i -> accounts.add("%012d".formatted(i)));
        return policy.plusStatements(List.of(padding));
    }

    private static int bytes(PolicyDocument document) {
        return document.text().getBytes(StandardCharsets.UTF_8).length;
    }
}
