package io.cmek.operator.act;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.KeyPolicyText;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.PolicyOutcome;
import io.cmek.operator.policy.PolicyWrite;
import io.cmek.operator.policy.Problem;
import io.cmek.operator.policy.StatementKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyPolicyWriterTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final ClaimId CLAIM = new ClaimId("Workgroup", "team-a", "orders");
    private static final Grants USE = Grants.of(StatementKind.DATA_USE, Set.of(ROLE));
    private static final KeyHandle KEY = new KeyHandle(Identity.OWN, ClaimsOf.KEY);
    private static final String ROOT =
            "{\"Sid\":\"Root\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},"
                    + "\"Action\":\"kms:*\",\"Resource\":\"*\"}";

    private final ManualClock clock = new ManualClock();

    /** How often the watch has told of one. */
    private int changes;

    private final OneKey kms = new OneKey(policy(ROOT));
    private final Watch<KeyHandle, KeyPolicyText> watch = new Watch<>(
            "policies",
            k -> kms.readPolicy(k.identity(), k.key()).map(KeyPolicyText::of),
            KeyHandle::lane,
            policy -> false,
            new Watch.Pace(Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofMinutes(5)),
            clock,
            k -> true,
            k -> changes++);
    private final KeyPolicyWriter writer =
            new KeyPolicyWriter(kms, watch, new PolicyMerge("default"), true, clock, WriteObserver.NONE);

    @AfterEach
    void close() {
        watch.close();
    }

    @Test
    void writesWhatIsMissingOnce() {
        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);

        assertThat(kms.writes).isEqualTo(1);
        assertThat(kms.reads)
                .as("a first look, one right before the write, one after it")
                .isEqualTo(3);
        assertThat(kms.policy).contains("CmekOperatordefaultDataUse", "\"Root\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "DEAD_PRINCIPAL | {'Sid':'Old','Effect':'Allow','Principal':{'AWS':'AROAEXAMPLEROLEID0001'},'Action':'kms:*','Resource':'*'}",
                "STATEMENT_INCOMPLETE | {'Sid':'Old','Effect':'Allow','Principal':'*','Resource':'*'}",
                "STATEMENT_INCOMPLETE | {'Sid':'Old','Effect':'Allow','Principal':'*','Action':'kms:*'}",
                "CHARACTERS | {'Sid':'Old','Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringEquals':{'aws:PrincipalTag/team':'東'}}}",
                "SID_TAKEN | {'Sid':'CmekOperatordefaultDataUse','Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*'}",
            })
    void writesNothingThatKmsWouldRefuse(Problem.Kind kind, String statement) {
        kms.policy = policy(ROOT + "," + statement.replace('\'', '"'));
        String before = kms.policy;

        for (int i = 0; i < 3; i++) {
            assertThat(grow())
                    .isInstanceOfSatisfying(
                            PolicyOutcome.Blocked.class,
                            blocked -> assertThat(blocked.problems())
                                    .singleElement()
                                    .satisfies(p -> {
                                        assertThat(p.kind()).isEqualTo(kind);
                                        assertThat(p.message()).containsAnyOf("'Old'", "'CmekOperatordefaultDataUse'");
                                    }));
        }
        assertThat(kms.writes).isZero();
        assertThat(kms.policy).isEqualTo(before);
    }

    @Test
    void saysWhatItWouldHaveAddedWhereKmsRefusesIt() {
        kms.refusal = new Failure.Rejected(new Failure.Detail(
                "kms:PutKeyPolicy",
                "MalformedPolicyDocumentException",
                "Policy contains a statement with one or more invalid principals",
                null));
        PolicyOutcome first = grow();
        assertThat(first).isEqualTo(new PolicyOutcome.NotWritten(kms.refusal, USE));

        assertThat(grow()).as("too early for another attempt").isEqualTo(first);
        assertThat(kms.writes).isEqualTo(1);

        clock.pass(Duration.ofMinutes(2));
        kms.refusal = null;
        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(writer.pause(KEY)).isNull();
    }

    private static @Nullable Drift repaired(PolicyOutcome outcome) {
        assertThat(outcome).isInstanceOf(PolicyOutcome.InPlace.class);
        return ((PolicyOutcome.InPlace) outcome).repaired();
    }

    private static final String AUDITORS =
            "{\"Sid\":\"Auditors\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/audit\"},"
                    + "\"Action\":\"kms:DescribeKey\",\"Resource\":\"*\"}";

    /** Nobody but CloudTrail knows of it. */
    @Test
    void putsBackWhatSomebodyWroteBetweenTheReadAndTheWrite() {
        grow();
        assertThat(kms.policy).doesNotContain("Auditors");
        String theirs = policy(ROOT + "," + AUDITORS);

        assertThat(writer.heed(new PolicyWrite(KEY.key(), clock.instant(), theirs)))
                .isTrue();
        assertThat(repaired(grow()))
                .returns(Drift.What.STATEMENTS_OF_OTHERS, Drift::what)
                .returns(false, Drift::lossy)
                .extracting(Drift::note)
                .asString()
                .contains("The statement 'Auditors' of others", "was put back");
        assertThat(kms.policy).contains("\"Auditors\"", "\"Root\"", "CmekOperatordefaultDataUse");
        assertThat(kms.writes).isEqualTo(2);

        // Once: the owner may remove it again.
        kms.policy = kms.policy.replace("Auditors", "Others");
        watch.freshWithin(KEY, Duration.ZERO);
        grow();
        assertThat(kms.writes).isEqualTo(2);
    }

    /** Unless it is told to trust the queue, it writes nothing that comes from there. */
    @Test
    void orOnlySaysWhatItsWriteTook() {
        var cautious = new KeyPolicyWriter(kms, watch, new PolicyMerge("default"), false, clock, WriteObserver.NONE);
        cautious.grow(CLAIM, KEY, () -> USE, Grants.NONE);
        cautious.heed(new PolicyWrite(KEY.key(), clock.instant(), policy(ROOT + "," + AUDITORS)));

        assertThat(repaired(cautious.grow(CLAIM, KEY, () -> USE, Grants.NONE)))
                .returns(true, Drift::lossy)
                .extracting(Drift::note)
                .asString()
                .contains("The statement 'Auditors' of others", "has to write it again");
        assertThat(kms.policy).doesNotContain("Auditors");
        assertThat(kms.writes).isEqualTo(1);
        assertThat(repaired(cautious.grow(CLAIM, KEY, () -> USE, Grants.NONE)))
                .as("said once")
                .isNull();
    }

    @Test
    void whatWasWrittenAtAnotherTimeItLeavesAlone() {
        String theirs = policy(ROOT + "," + AUDITORS);
        assertThat(writer.heed(new PolicyWrite(KEY.key(), clock.instant(), theirs)))
                .as("before any write of ours")
                .isFalse();
        grow();
        for (Instant at :
                List.of(clock.instant().minusSeconds(60), clock.instant().plusSeconds(60))) {
            assertThat(writer.heed(new PolicyWrite(KEY.key(), at, theirs))).isFalse();
        }
        assertThat(writer.heed(new PolicyWrite(KEY.key(), clock.instant(), "no policy")))
                .isFalse();
        grow();
        assertThat(kms.writes).isEqualTo(1);
    }

    /** CloudTrail tells of the operator's own writes, too. */
    @Test
    void itsOwnWriteTookNothing() {
        grow();
        assertThat(writer.heed(new PolicyWrite(KEY.key(), clock.instant(), kms.policy)))
                .isTrue();
        assertThat(repaired(grow())).isNull();
        assertThat(kms.writes).isEqualTo(1);
    }

    /** Whether it is to go, only its owner can tell. */
    @Test
    void saysWhatItsWriteHasBroughtBackAndRemovesNothing() {
        kms.policy = policy(ROOT + "," + AUDITORS);
        grow();
        writer.heed(new PolicyWrite(KEY.key(), clock.instant(), policy(ROOT)));

        assertThat(repaired(grow()))
                .returns(true, Drift::lossy)
                .extracting(Drift::note)
                .asString()
                .contains("Somebody removed the statement 'Auditors'", "remove it once more");
        assertThat(kms.policy).contains("Auditors");
        assertThat(kms.writes).isEqualTo(1);
        assertThat(repaired(grow())).as("said once").isNull();
    }

    /** Each call of a region that hangs takes its time, and it is the reconciler's. */
    @Test
    void asksNoMoreWhileTheWatchSeesThatKmsDoesNotAnswer() {
        watch.freshWithin(KEY, Duration.ZERO);
        kms.silence = new Failure.Unavailable(new Failure.Detail("kms:GetKeyPolicy", "TimedOut", "no answer", null));
        assertThat(grow()).isInstanceOf(PolicyOutcome.NotWritten.class);
        int reads = kms.reads;
        for (int i = 0; i < 3; i++) {
            clock.pass(Duration.ofMinutes(1));
            assertThat(grow()).isInstanceOf(PolicyOutcome.NotWritten.class);
        }
        assertThat(kms.reads).isEqualTo(reads);
        assertThat(kms.writes).isZero();

        kms.silence = null;
        watch.freshWithin(KEY, Duration.ZERO);
        clock.pass(Duration.ofMinutes(1));
        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);
    }

    /** Neither does the other wait, nor is it told which role was denied. */
    @Test
    void aRoleThatMayNotWriteSaysNothingAboutAnother() {
        var other = new KeyHandle(new Identity("arn:aws:iam::444455556666:role/other-tenant", null), KEY.key());
        kms.refusal = new Failure.Denied(new Failure.Detail("kms:PutKeyPolicy", "AccessDeniedException", "no", null));
        assertThat(grow()).isInstanceOf(PolicyOutcome.NotWritten.class);

        kms.refusal = null;
        assertThat(writer.grow(CLAIM, other, () -> USE, Grants.NONE)).isInstanceOf(PolicyOutcome.InPlace.class);
    }

    @Test
    void tellsOnceWhatSomebodyHadTakenAndWasPutBack() {
        grow();
        clock.pass(Duration.ofMinutes(1));
        kms.policy = policy(ROOT);
        watch.freshWithin(KEY, Duration.ZERO);

        Drift repaired = ((PolicyOutcome.InPlace) grow()).repaired();
        assertThat(repaired).isNotNull();
        assertThat(repaired.what()).isEqualTo(Drift.What.POLICY);
        assertThat(repaired.lossy()).isFalse();
        assertThat(repaired.note())
                .contains(
                        "the statement 'CmekOperatordefaultDataUse' had been removed",
                        "between 2026-03-01T10:00:00Z and 2026-03-01T10:01:00Z");
        assertThat(((PolicyOutcome.InPlace) grow()).repaired()).isNull();
        assertThat(kms.writes).isEqualTo(2);
    }

    /** The first is put back at once, and then ever more slowly, up to five minutes, and for ever. */
    @Test
    void whoTakesItAwayEachTimeIsAnsweredEverMoreSlowly() {
        grow();
        clock.pass(Duration.ofMinutes(1));
        int before = kms.writes;
        var pauses = new ArrayList<Duration>();
        Instant last = clock.instant();
        for (int second = 0; second < 3600; second++) {
            kms.policy = policy(ROOT);
            watch.freshWithin(KEY, Duration.ZERO);
            int writes = kms.writes;
            PolicyOutcome outcome = grow();
            if (kms.writes > writes) {
                pauses.add(Duration.between(last, clock.instant()));
                last = clock.instant();
                assertThat(repaired(outcome)).isNotNull();
            } else {
                assertThat(outcome)
                        .isInstanceOfSatisfying(
                                PolicyOutcome.Conflict.class,
                                conflict -> assertThat(conflict.message())
                                        .contains(
                                                "CmekOperatordefaultDataUse",
                                                "put it back",
                                                "It is put back at 2026-"));
                assertThat(writer.pause(KEY))
                        .isBetween(Duration.ZERO, Duration.ofMinutes(5).plusMillis(50));
            }
            clock.pass(Duration.ofSeconds(1));
        }
        assertThat(pauses.getFirst()).isZero();
        assertThat(pauses).isSorted().last().isEqualTo(Duration.ofMinutes(5));
        assertThat(kms.writes - before).isLessThan(21);

        clock.pass(Duration.ofMinutes(20));
        watch.freshWithin(KEY, Duration.ZERO);
        assertThat(repaired(grow())).as("it never ends").isNotNull();
        assertThat(writer.pause(KEY)).isNull();
    }

    @Test
    void knowsFromTheStatusWhatWasInPlaceBeforeItStarted() {
        assertThat(((PolicyOutcome.InPlace) writer.grow(CLAIM, KEY, () -> USE, USE)).repaired())
                .isNotNull()
                .satisfies(d -> assertThat(d.note()).contains("That was found at 2026-03-01T10:00:00Z."));
    }

    @Test
    void whatIsNewOrNotWantedAnyMoreIsNoDrift() {
        Grants old = Grants.of(StatementKind.DATA_USE, Set.of("arn:aws:iam::111122223333:role/old"));

        assertThat(((PolicyOutcome.InPlace) writer.grow(CLAIM, KEY, () -> USE, Grants.NONE)).repaired())
                .isNull();
        kms.policy = policy(ROOT);
        clock.pass(Duration.ofMinutes(1));
        watch.freshWithin(KEY, Duration.ZERO);
        writer.release(CLAIM, KEY, USE, () -> Grants.NONE);
        assertThat(((PolicyOutcome.InPlace) writer.grow(CLAIM, KEY, () -> USE, old)).repaired())
                .as("it was released, and is wanted again")
                .isNull();
    }

    @Test
    void tellsOfDriftOnlyWhenItIsRepairedHoweverOftenThatFails() {
        grow();
        kms.policy = policy(ROOT);
        kms.refusal = new Failure.Unavailable(new Failure.Detail("kms:PutKeyPolicy", "InternalError", "", null));
        clock.pass(Duration.ofMinutes(1));
        watch.freshWithin(KEY, Duration.ZERO);

        for (int i = 0; i < 5; i++) {
            assertThat(grow()).isInstanceOf(PolicyOutcome.NotWritten.class);
            clock.pass(Duration.ofMinutes(2));
        }
        kms.refusal = null;
        assertThat(((PolicyOutcome.InPlace) grow()).repaired()).isNotNull();
        assertThat(((PolicyOutcome.InPlace) grow()).repaired()).isNull();
    }

    @Test
    void whatSomebodyElsePutBackIsNotOursToTell() {
        grow();
        String good = kms.policy;
        kms.policy = policy(ROOT);
        kms.refusal = new Failure.Denied(new Failure.Detail("kms:PutKeyPolicy", "AccessDeniedException", "", null));
        clock.pass(Duration.ofMinutes(1));
        watch.freshWithin(KEY, Duration.ZERO);
        grow();

        kms.policy = good;
        clock.pass(Duration.ofMinutes(2));
        watch.freshWithin(KEY, Duration.ZERO);
        assertThat(((PolicyOutcome.InPlace) grow()).repaired()).isNull();
    }

    private PolicyOutcome grow() {
        return writer.grow(CLAIM, KEY, () -> USE, Grants.NONE);
    }

    @Test
    void onlyLooksWhereTheOwnerWrites() {
        assertThat(writer.look(KEY, USE))
                .isInstanceOfSatisfying(
                        PolicyOutcome.LeftToOwner.class,
                        left -> assertThat(left.access().missing()).isEqualTo(USE));
        kms.policy = policy(ROOT + ",{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + ROLE
                + "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}");
        clock.pass(Duration.ofMinutes(1));
        watch.freshWithin(KEY, Duration.ZERO);
        assertThat(writer.look(KEY, USE)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(kms.writes).isZero();
    }

    @Test
    void saysWhichStatementKmsWouldRefuseWhenTheOwnerAddsOurs() {
        assertThat(writer.look(KEY, USE))
                .isInstanceOfSatisfying(
                        PolicyOutcome.LeftToOwner.class,
                        left -> assertThat(left.obstacles()).isEmpty());
        kms.policy = policy(
                ROOT + ",{\"Sid\":\"Old\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"AROAEXAMPLEROLEID0001\"},"
                        + "\"Action\":\"kms:*\",\"Resource\":\"*\"}");
        watch.freshWithin(KEY, Duration.ZERO);
        assertThat(writer.look(KEY, USE))
                .isInstanceOfSatisfying(
                        PolicyOutcome.LeftToOwner.class,
                        left -> assertThat(left.obstacles())
                                .singleElement()
                                .satisfies(problem ->
                                        assertThat(problem.message()).contains("'Old'", "AROAEXAMPLEROLEID0001")));
        kms.policy = "[]";
        watch.freshWithin(KEY, Duration.ZERO);
        assertThat(writer.look(KEY, USE)).isInstanceOf(PolicyOutcome.Blocked.class);
        assertThat(kms.writes).isZero();
    }

    /** Between the moment in which it is known who needs what and the write, AWS may take its time. */
    @Test
    void takesNothingFromWhoComesWhileThePolicyIsReadOnceMore() {
        grow();
        var needed = new AtomicReference<>(Grants.NONE);
        kms.reading = () -> needed.set(USE);

        assertThat(writer.release(CLAIM, KEY, USE, needed::get)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(kms.policy).contains("CmekOperatordefaultDataUse");
        assertThat(kms.writes).isEqualTo(1);
    }

    /** The poll of the key goes on meanwhile: what it has read is not written over as if nobody knew. */
    @Test
    void doesNotWriteOverWhatAPollHasReadSince() {
        String theirs = "{\"Sid\":\"Theirs\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},"
                + "\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}";
        kms.policy = policy(ROOT);
        var asked = new AtomicInteger();

        writer.grow(
                CLAIM,
                KEY,
                () -> {
                    // The first is for the plan, the last for the one that is written.
                    if (asked.incrementAndGet() == 3) {
                        kms.policy = policy(ROOT + "," + theirs);
                        watch.freshWithin(KEY, Duration.ZERO);
                    }
                    return USE;
                },
                Grants.NONE);

        assertThat(asked.get()).isGreaterThan(3);
        assertThat(kms.policy).contains("\"Theirs\"", "CmekOperatordefaultDataUse", "\"Root\"");
    }

    /** Its own write came last. */
    @Test
    void whoWritesBeforeItEachTimeButTheLastIsNoConflict() {
        kms.reading = () -> {
            if (kms.reads == 2 || kms.reads == 3) {
                kms.policy = policy(ROOT).replace("{\"Version\"", "{\"Id\":\"" + kms.reads + "\",\"Version\"");
            }
        };

        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(kms.writes).isEqualTo(1);
        assertThat(kms.policy).contains("\"Id\":\"3\"", "CmekOperatordefaultDataUse");
    }

    /** Who comes each time is answered, and not by a write without end. */
    @Test
    void whoUndoesEachWriteIsAConflict() {
        kms.meanwhile = () -> kms.policy = policy(ROOT);

        assertThat(grow()).isInstanceOf(PolicyOutcome.Conflict.class);
        assertThat(kms.writes).isEqualTo(3);
    }

    @Test
    void putsBackWhatARaceTookFromOthers() {
        String theirs = "{\"Sid\":\"Theirs\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},"
                + "\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}";
        kms.policy = policy(ROOT + "," + theirs);
        kms.meanwhile = () -> {
            // Somebody who read before our write, writes after it.
            kms.meanwhile = () -> {};
            kms.policy = policy(ROOT);
        };

        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(kms.policy).contains("\"Theirs\"", "CmekOperatordefaultDataUse", "\"Root\"");
    }

    private static final String USERS =
            "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:aws:iam::111122223333:role/a\",\"arn:aws:iam::111122223333:role/b\","
                    + "\"arn:aws:iam::111122223333:role/c\"]},\"Action\":\"kms:Encrypt\",\"Resource\":\"*\"}";

    private static final Pattern LIST = Pattern.compile("\\[(\"[^]]*)]");

    /** As KMS does: with the members of each list in another order than at the last read. */
    private static UnaryOperator<String> turning() {
        var turn = new AtomicInteger();
        return text -> LIST.matcher(text).replaceAll(list -> {
            var members = new ArrayList<>(List.of(list.group(1).split(",")));
            Collections.rotate(members, turn.incrementAndGet());
            return Matcher.quoteReplacement("[" + String.join(",", members) + "]");
        });
    }

    @Test
    void listsInAnotherOrderAtEachReadAreNeitherConflictNorChange() {
        kms.policy = policy(ROOT + "," + USERS);
        kms.words = turning();

        for (int i = 0; i < 10; i++) {
            assertThat(repaired(grow())).isNull();
            clock.pass(Duration.ofMinutes(1));
            watch.freshWithin(KEY, Duration.ZERO);
        }

        assertThat(kms.writes).isEqualTo(1);
        assertThat(changes).as("that of its own write").isEqualTo(1);
        assertThat(kms.policy.split("\"Effect\"")).as("statements").hasSize(1 + 3);
    }

    @Test
    void aRaceDoesNotDoubleAStatementWithoutSidThatCameBackInAnotherOrder() {
        kms.policy = policy(ROOT + "," + USERS);
        kms.words = turning();
        kms.meanwhile = () -> {
            // Somebody who read before our write, writes after it, three times.
            if (kms.writes == 3) {
                kms.meanwhile = () -> {};
            }
            kms.policy = kms.words.apply(policy(USERS + "," + AUDITORS.replace("Auditors", "Auditors" + kms.writes)));
        };

        grow();
        clock.pass(Duration.ofMinutes(2));
        watch.freshWithin(KEY, Duration.ZERO);
        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);

        assertThat(kms.policy.split("\"kms:Encrypt\",\"Resource\"")).hasSize(2);
        assertThat(kms.policy).contains("CmekOperatordefaultDataUse");
    }

    /** What means the same may be written otherwise, and how somebody else writes it is not ours to change. */
    @Test
    void writesWhatIsNotOursAsItWasReadLast() {
        kms.policy = policy(ROOT);
        watch.freshWithin(KEY, Duration.ZERO);
        kms.policy = policy(ROOT.replace("\"arn:aws:iam::111122223333:root\"", "[\"111122223333\"]"));

        assertThat(grow()).isInstanceOf(PolicyOutcome.InPlace.class);

        assertThat(kms.policy).contains("{\"AWS\":[\"111122223333\"]}", "CmekOperatordefaultDataUse");
        assertThat(kms.writes).isEqualTo(1);
    }

    /** CloudTrail has the order in which it was sent, KMS another. */
    @Test
    void itsOwnWriteTookNothingThoughKmsGivesItBackInAnotherOrder() {
        kms.policy = policy(ROOT + "," + USERS);
        kms.words = turning();
        grow();
        assertThat(writer.heed(new PolicyWrite(KEY.key(), clock.instant(), kms.policy)))
                .isTrue();

        assertThat(repaired(grow())).isNull();
        assertThat(kms.writes).isEqualTo(1);
    }

    private static String policy(String statements) {
        return "{\"Version\":\"2012-10-17\",\"Statement\":[" + statements + "]}";
    }
}
