package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.keypolicy.PolicyViolation;
import io.cmek.operator.keypolicy.PolicyWrite;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyControllerTest {

    private static final String AUDITORS =
            "{\"Sid\":\"Auditors\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/audit\"},"
                    + "\"Action\":\"kms:DescribeKey\",\"Resource\":\"*\"}";
    private static final String USERS =
            "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:aws:iam::111122223333:role/a\",\"arn:aws:iam::111122223333:role/b\","
                    + "\"arn:aws:iam::111122223333:role/c\"]},\"Action\":\"kms:Encrypt\",\"Resource\":\"*\"}";

    private final World world = new World();
    private final KeyArn key = world.newKey(1);

    private @Nullable PolicyOutcome notApplied() {
        return world.keys.of(key).view(CredentialScope.OWN).notApplied();
    }

    private void byOthers(String... statements) {
        world.kms.put(key, FakeKms.document(statements));
    }

    private int writes() {
        return world.aws.count("kms:PutKeyPolicy");
    }

    private EncryptionRequest start() {
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        assertThat(writes()).isEqualTo(1);
        world.advance(Duration.ofSeconds(10));
        world.aws.forgetCalls();
        world.reported.clear();
        world.changed.clear();
        return request;
    }

    @Test
    void aNewRequestOnANewKeyIsServedWithFewCallsAndReported() {
        assertThat(world.keys.of(key)).isEqualTo(KeySnapshot.never(key));
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));

        world.stabilize();

        assertThat(world.judge(request).result().isReady()).isTrue();
        assertThat(world.judge(request).isAnswered()).isTrue();
        assertThat(world.kms.policy(key)).contains("CmekOperatortestDataUse", "CmekOperatortestDataGrants", "\"Root\"");
        assertThat(world.aws.operationsOn(key))
                .containsExactly("kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyPolicy");
        assertThat(world.changed).containsExactly(new AwsItem.Key(key));
        assertThat(world.reported).containsExactly("written");
    }

    @Test
    void manyRequestsNeedOneWriteAndTheThousandthNoCall() {
        for (int i = 0; i < 999; i++) {
            world.put(RequestOf.on(key, "orders-" + i));
        }
        world.stabilize();
        assertThat(writes()).isEqualTo(1);
        assertThat(world.aws.count("kms:DescribeKey")).isEqualTo(1);
        assertThat(world.aws.count("kms:GetKeyPolicy")).isEqualTo(2);
        world.aws.forgetCalls();
        world.changed.clear();
        long visited = world.index.visited();

        EncryptionRequest last = world.put(RequestOf.on(key, "orders-999"));
        world.stabilize();

        assertThat(world.judge(last).result().isReady()).isTrue();
        assertThat(world.judge(last).isAnswered()).isTrue();
        assertThat(world.aws.calls()).isEmpty();
        assertThat(world.changed).as("the others are not judged again").isEmpty();
        assertThat(world.index.visited() - visited).isEqualTo(1);
    }

    @Test
    void oneWriteForEachChange() {
        start();
        world.put(RequestOf.named("billing").data(key).backup(key).build());
        world.stabilize();

        assertThat(writes()).isEqualTo(1);
        assertThat(world.kms.policy(key)).contains("CmekOperatortestBackupUse", "CmekOperatortestDataUse");
        assertThat(world.changed).containsExactly(new AwsItem.Key(key));
        world.advance(Duration.ofHours(1));
        assertThat(writes()).isEqualTo(1);
        assertThat(world.changed).hasSize(1);
    }

    /** KMS writes whole documents: what others wrote since the last poll would be lost unseen. */
    @Test
    void readsThePolicyRightBeforeEachWrite() {
        start();
        byOthers(FakeKms.ROOT, AUDITORS);
        world.advance(Duration.ofSeconds(10));
        assertThat(world.aws.calls()).as("no poll came between").isEmpty();

        world.put(RequestOf.named("billing").data(key).backup(key).build());
        world.stabilize();

        assertThat(world.aws.operationsOn(key))
                .containsSubsequence("kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyPolicy");
        assertThat(world.kms.policy(key))
                .contains("\"Auditors\"", "CmekOperatortestBackupUse", "CmekOperatortestDataUse");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "DEAD_PRINCIPAL |"
                        + " {'Sid':'Old','Effect':'Allow','Principal':{'AWS':'AROAEXAMPLEROLEID0001'},'Action':'kms:*','Resource':'*'}",
                "STATEMENT_INCOMPLETE | {'Sid':'Old','Effect':'Allow','Principal':'*','Resource':'*'}",
                "STATEMENT_INCOMPLETE | {'Sid':'Old','Effect':'Allow','Principal':'*','Action':'kms:*'}",
                "CHARACTERS | {'Sid':'Old','Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringEquals':{'aws:PrincipalTag/team':'東'}}}",
                "SID_TAKEN |"
                        + " {'Sid':'CmekOperatortestDataUse','Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*'}",
            })
    void writesNothingThatKmsWouldRefuse(PolicyViolation.Kind kind, String statement) {
        byOthers(FakeKms.ROOT, statement.replace('\'', '"'));
        String before = world.kms.policy(key);
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));

        world.advance(Duration.ofMinutes(10));

        assertThat(notApplied())
                .isInstanceOfSatisfying(
                        PolicyOutcome.Blocked.class,
                        blocked -> assertThat(blocked.problems())
                                .singleElement()
                                .satisfies(p -> {
                                    assertThat(p.kind()).isEqualTo(kind);
                                    assertThat(p.message()).containsAnyOf("'Old'", "'CmekOperatortestDataUse'");
                                }));
        assertThat(world.judge(request).isAnswered()).isTrue();
        assertThat(writes()).isZero();
        assertThat(world.kms.policy(key)).isEqualTo(before);
        assertThat(world.changed).hasSize(1);

        byOthers(FakeKms.ROOT);
        world.advance(Duration.ofSeconds(70));
        assertThat(world.judge(request).result().isReady()).isTrue();
    }

    @Test
    void aPolicyThatNobodyCanReadIsLeftAlone() {
        world.kms.put(key, "[]");
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));
        world.stabilize();

        assertThat(notApplied()).isInstanceOf(PolicyOutcome.Blocked.class);
        assertThat(world.judge(request).result().policy().message()).contains("cannot be read");
        assertThat(writes()).isZero();
    }

    @Test
    void saysWhatItWouldHaveAddedWhereKmsRefusesItAndTriesAgainLater() {
        world.aws.fail(
                "kms:PutKeyPolicy",
                Trouble.refusedWith(
                        "MalformedPolicyDocumentException",
                        "Policy contains a statement with one or more invalid principals"));
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));
        world.stabilize();

        assertThat(notApplied())
                .isInstanceOfSatisfying(
                        PolicyOutcome.WriteFailed.class,
                        failed -> assertThat(failed.added().of(StatementKind.DATA_USE))
                                .containsExactly(World.ROLE));
        assertThat(world.judge(request).result().policy().reason()).isEqualTo(Reason.ForeignStatementRejected);
        assertThat(writes()).isEqualTo(1);
        world.advance(Duration.ofMillis(400));
        assertThat(writes()).as("too early for another attempt").isEqualTo(1);
        world.advance(Duration.ofMinutes(10));
        assertThat(writes()).as("1, 2, 4, … 60 seconds").isBetween(12, 25);
        assertThat(world.changed).as("it says the same each time").hasSize(1);

        world.aws.heal();
        world.advance(Duration.ofMinutes(1));
        assertThat(notApplied()).isNull();
        assertThat(world.judge(request).result().isReady()).isTrue();
    }

    /** A failed turn is not repeated every 50 ms. */
    @ParameterizedTest
    @ValueSource(
            strings = {"blocked", "denied", "policy unreadable", "disabled", "role not allowed", "gone", "published"})
    void whatStaysAsItIsCostsFewTurns(String how) {
        CredentialScope probe = new CredentialScope(World.ROLE, null);
        var w = new World(1, World.tenant("all", World.ROLE, CredentialScope.OWN, probe, "*"));
        KeyArn k = w.newKey(1);
        switch (how) {
            case "blocked" ->
                w.kms.put(
                        k,
                        FakeKms.document(
                                "{\"Sid\":\"Old\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\"}"));
            case "denied" -> w.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
            case "policy unreadable" -> w.aws.fail("kms:GetKeyPolicy", Trouble.UNAVAILABLE);
            case "disabled" -> w.kms.state(k, "Disabled");
            case "role not allowed" -> w.kms.probesDenied = true;
            case "gone" -> w.kms.delete(k);
            default -> {}
        }
        RequestOf call = RequestOf.named("orders").data(k);
        w.put((how.equals("published") ? call.published() : call).build());
        w.advance(Duration.ofMinutes(2));
        int turns = 0;
        Duration until = w.now().plus(Duration.ofMinutes(10));
        while (w.now().compareTo(until) < 0) {
            while (w.workOnNext()) {
                turns++;
            }
            w.advanceToNext();
        }
        assertThat(turns).isLessThan(60);
    }

    @Test
    void asksNoMoreThanThePollWhileKmsDoesNotAnswer() {
        EncryptionRequest request = start();
        world.aws.fail("kms:GetKeyPolicy", Trouble.UNAVAILABLE);
        world.put(RequestOf.named("billing").data(key).backup(key).build());
        world.stabilize();
        assertThat(notApplied())
                .isInstanceOfSatisfying(
                        PolicyOutcome.WriteFailed.class,
                        failed -> assertThat(failed.failure()).isInstanceOf(AwsError.Unavailable.class));
        world.aws.forgetCalls();
        world.advance(Duration.ofMinutes(10));

        assertThat(writes()).isZero();
        assertThat(world.aws.count("kms:GetKeyPolicy")).isLessThan(25);
        assertThat(world.judge(request).result().policy().reason())
                .as("what was read is too old by now")
                .isEqualTo(Reason.AwsUnavailable);

        world.aws.heal();
        world.advance(Duration.ofMinutes(1));
        assertThat(world.hasStatement(key, "BackupUse")).isTrue();
        assertThat(world.judge(request).result().isReady()).isTrue();
    }

    @Test
    void tellsOnceWhatSomebodyHadTakenAndWasPutBack() {
        start();
        byOthers(FakeKms.ROOT);

        world.advance(Duration.ofMinutes(2));

        assertThat(world.reported).containsExactly("written", "repaired POLICY", "event for orders");
        assertThat(world.repaired).singleElement().satisfies(drift -> {
            assertThat(drift.what()).isEqualTo(DriftRepair.What.POLICY);
            assertThat(drift.lossy()).isFalse();
            assertThat(drift.note())
                    .contains(
                            "the statement 'CmekOperatortestDataUse' had been removed", "That happened between 2026-");
        });
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
    }

    /** The first is put back at once, and then ever more slowly, up to five minutes, and for ever. */
    @Test
    void whoTakesItAwayEachTimeIsAnsweredEverMoreSlowly() {
        start();
        var pauses = new ArrayList<Duration>();
        Duration last = world.now();
        for (int second = 0; second < 3600; second++) {
            byOthers(FakeKms.ROOT);
            int writes = writes();
            world.refresh(key);
            if (writes() == writes) {
                assertThat(notApplied())
                        .isInstanceOfSatisfying(
                                PolicyOutcome.Conflict.class,
                                conflict -> assertThat(conflict.message())
                                        .contains(
                                                "CmekOperatortestDataUse",
                                                "had restored it",
                                                "The next repair is at 2026-"));
                world.advance(Duration.ofSeconds(1));
            }
            if (writes() > writes) {
                pauses.add(world.now().minus(last));
                last = world.now();
                assertThat(world.repaired).hasSize(pauses.size());
            }
        }
        assertThat(pauses.getFirst()).isZero();
        assertThat(pauses.getLast()).isBetween(Duration.ofSeconds(149), Duration.ofSeconds(301));
        assertThat(pauses).hasSizeBetween(12, 32);

        byOthers(FakeKms.ROOT);
        world.advance(Duration.ofMinutes(20));
        assertThat(world.hasStatement(key, "DataUse")).as("it never ends").isTrue();
        assertThat(notApplied()).isNull();
    }

    /** When the pause is over, nothing else need happen. */
    @Test
    void isPutBackWhenThePauseIsOver() {
        start();
        for (int i = 0; i < 4; i++) {
            byOthers(FakeKms.ROOT);
            world.refresh(key);
            world.advance(Duration.ofSeconds(1));
        }
        byOthers(FakeKms.ROOT);
        world.refresh(key);
        assertThat(notApplied()).isInstanceOf(PolicyOutcome.Conflict.class);
        world.advance(Duration.ofSeconds(16));
        assertThat(notApplied()).isNull();
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
    }

    @Test
    void knowsFromTheStatusWhatWasInPlaceBeforeItStarted() {
        EncryptionRequest request = RequestOf.on(key, "orders");
        String statements =
                "{\"Sid\":\"CmekOperatortestDataUse\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + World.ROLE
                        + "\"},\"Action\":[\"kms:Encrypt\",\"kms:Decrypt\",\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:DescribeKey\"],"
                        + "\"Resource\":\"*\"}";
        world.put(request, new LastApplied(Map.of(key, List.of(statements)), Map.of(), false));
        world.stabilize();

        assertThat(world.repaired)
                .singleElement()
                .satisfies(drift -> assertThat(drift.note()).contains("That was found at 2026-03-01T10:00:00Z."));
    }

    @Test
    void whatIsNewIsNoDriftNorWhatWasReleasedAndIsWantedAgain() {
        EncryptionRequest orders = start();
        EncryptionRequest billing = world.put(
                RequestOf.named("billing").data(key).backup(key).release().build());
        world.stabilize();
        world.put(RequestOf.named("billing")
                .data(key)
                .backup(key)
                .release()
                .going()
                .build());
        world.stabilize();
        assertThat(world.keys.of(key).releases().get(billing.uid())).isEqualTo(new KeySnapshot.Release.Done());
        assertThat(world.hasStatement(key, "BackupUse")).isFalse();
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        world.remove(billing);
        world.put(RequestOf.named("billing").data(key).backup(key).again().build());
        world.stabilize();

        assertThat(world.hasStatement(key, "BackupUse")).isTrue();
        assertThat(world.reported).containsExactly("written", "written", "written");
        assertThat(world.judge(orders).result().isReady()).isTrue();
    }

    @Test
    void tellsOfDriftOnlyWhenItIsRepairedHoweverOftenThatFails() {
        start();
        byOthers(FakeKms.ROOT);
        world.aws.fail("kms:PutKeyPolicy", Trouble.UNAVAILABLE);
        world.advance(Duration.ofMinutes(10));
        assertThat(world.repaired).isEmpty();
        assertThat(notApplied()).isInstanceOf(PolicyOutcome.WriteFailed.class);

        world.aws.heal();
        world.advance(Duration.ofMinutes(2));
        assertThat(world.repaired).hasSize(1);
        world.advance(Duration.ofMinutes(10));
        assertThat(world.repaired).hasSize(1);
    }

    @Test
    void whatSomebodyElsePutBackIsNotReported() {
        start();
        String good = world.kms.policy(key);
        byOthers(FakeKms.ROOT);
        world.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
        world.advance(Duration.ofMinutes(2));
        assertThat(notApplied()).isInstanceOf(PolicyOutcome.WriteFailed.class);

        world.kms.put(key, good);
        world.advance(Duration.ofMinutes(2));
        assertThat(notApplied()).isNull();
        assertThat(world.repaired).isEmpty();
        assertThat(world.reported).doesNotContain("repaired POLICY");
    }

    /** Its own write came last. */
    @Test
    void whoWritesBeforeItIsNoConflict() {
        world.aws.before = (operation, item) -> {
            if (operation.equals("kms:GetKeyPolicy") && world.aws.count("kms:GetKeyPolicy") == 0) {
                world.kms.put(key, FakeKms.document(FakeKms.ROOT).replace("{\"Version\"", "{\"Id\":\"3\",\"Version\""));
            }
        };
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();

        assertThat(notApplied()).isNull();
        assertThat(world.reported).containsExactly("written");
        assertThat(world.kms.policy(key)).contains("\"Id\":\"3\"", "CmekOperatortestDataUse");
    }

    /** Who comes each time is answered, and not by a write without end. */
    @Test
    void whoUndoesEachWriteIsAConflictAfterThreeRounds() {
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy")) {
                byOthers(FakeKms.ROOT);
            }
        };
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));
        world.stabilize();

        assertThat(notApplied()).isInstanceOf(PolicyOutcome.Conflict.class);
        assertThat(world.judge(request).result().policy().reason()).isEqualTo(Reason.PolicyConflict);
        assertThat(writes()).isEqualTo(3);
        assertThat(world.reported).containsExactly("written", "conflict", "written", "conflict", "written", "conflict");
        world.advance(Duration.ofHours(1));
        assertThat(writes()).as("up to five minutes apart").isLessThan(120);

        world.aws.after = (operation, item) -> {};
        world.advance(Duration.ofMinutes(6));
        assertThat(notApplied()).isNull();
    }

    @Test
    void putsBackWhatARaceTookFromOthers() {
        byOthers(FakeKms.ROOT, AUDITORS);
        world.aws.after = (operation, item) -> {
            // Somebody who read before our write, writes after it.
            if (operation.equals("kms:PutKeyPolicy") && writes() == 0) {
                byOthers(FakeKms.ROOT);
            }
        };
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();

        assertThat(notApplied()).isNull();
        assertThat(world.kms.policy(key)).contains("\"Auditors\"", "CmekOperatortestDataUse", "\"Root\"");
    }

    @Test
    void aRaceDoesNotDoubleAStatementWithoutSidThatCameBackInAnotherOrder() {
        byOthers(FakeKms.ROOT, USERS);
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy") && writes() < 3) {
                byOthers(USERS, AUDITORS.replace("Auditors", "Auditors" + writes()));
            }
        };
        world.put(RequestOf.on(key, "orders"));
        world.advance(Duration.ofMinutes(2));

        assertThat(notApplied()).isNull();
        assertThat(world.kms.policy(key).split("\"kms:Encrypt\"[,}]")).hasSizeLessThan(4);
        assertThat(world.kms.policy(key).split("role/a\"")).hasSize(2);
    }

    @Test
    void listsInAnotherOrderAtEachReadAreNeitherConflictNorChange() {
        byOthers(FakeKms.ROOT, USERS);
        world.put(RequestOf.on(key, "orders"));
        world.advance(Duration.ofHours(1));

        assertThat(world.aws.count("kms:GetKeyPolicy")).isGreaterThan(50);
        assertThat(writes()).isEqualTo(1);
        assertThat(world.changed).hasSize(1);
        assertThat(world.reported).containsExactly("written");
        assertThat(world.kms.policy(key).split("\"Effect\"")).as("statements").hasSize(1 + 4);
    }

    /** Nobody but CloudTrail knows of it. */
    @Test
    void putsBackWhatSomebodyWroteBetweenTheReadAndTheWrite() {
        start();
        byTrail(now -> now.minusSeconds(10), FakeKms.ROOT, AUDITORS);

        assertThat(world.kms.policy(key)).contains("\"Auditors\"", "\"Root\"", "CmekOperatortestDataUse");
        assertThat(world.repaired).singleElement().satisfies(drift -> {
            assertThat(drift.what()).isEqualTo(DriftRepair.What.STATEMENTS_OF_OTHERS);
            assertThat(drift.lossy()).isFalse();
            assertThat(drift.note())
                    .contains("another writer wrote the statement 'Auditors'", "The operator restored it");
        });
        assertThat(writes()).isEqualTo(1);

        // Once: the owner may remove it again.
        world.kms.put(key, world.kms.policy(key).replace("Auditors", "Others"));
        world.refresh(key);
        assertThat(writes()).isEqualTo(1);
        assertThat(world.repaired).hasSize(1);
    }

    private void byTrail(java.util.function.UnaryOperator<Instant> at, String... statements) {
        world.controllers.refresh(new PolicyWrite(key, at.apply(world.clock.instant()), FakeKms.document(statements)));
        world.stabilize();
    }

    /** Unless it is configured to trust the queue, it writes nothing that comes from there. */
    @Test
    void orOnlySaysWhatItsWriteTook() {
        world.restoresStatements = false;
        world.restart();
        start();
        byTrail(now -> now.minusSeconds(10), FakeKms.ROOT, AUDITORS);

        assertThat(world.repaired).singleElement().satisfies(drift -> {
            assertThat(drift.lossy()).isTrue();
            assertThat(drift.note()).contains("another writer wrote the statement 'Auditors'", "must write it again");
        });
        assertThat(world.reported).containsExactly("conflict", "event for orders");
        assertThat(world.kms.policy(key)).doesNotContain("Auditors");
        assertThat(writes()).isZero();
        world.refresh(key);
        assertThat(world.repaired).as("said once").hasSize(1);
    }

    @Test
    void whatWasWrittenAtAnotherTimeItLeavesAlone() {
        world.put(RequestOf.on(key, "orders"));
        byTrail(now -> now.plusSeconds(60), FakeKms.ROOT, AUDITORS);
        byTrail(now -> now.minusSeconds(60), FakeKms.ROOT, AUDITORS);
        world.controllers.refresh(new PolicyWrite(key, world.clock.instant(), "no policy"));
        world.advance(Duration.ofMinutes(5));

        assertThat(writes()).isEqualTo(1);
        assertThat(world.repaired).isEmpty();
    }

    /** CloudTrail tells of the operator's own writes, too, in the order in which they were sent. */
    @Test
    void itsOwnWriteTookNothing() {
        byOthers(FakeKms.ROOT, USERS);
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        world.controllers.refresh(new PolicyWrite(key, world.clock.instant(), world.kms.policy(key)));
        world.stabilize();

        assertThat(world.repaired).isEmpty();
        assertThat(writes()).isEqualTo(1);
    }

    /** Whether it is to go, only its owner can tell. */
    @Test
    void saysWhatItsWriteHasBroughtBackAndRemovesNothing() {
        byOthers(FakeKms.ROOT, AUDITORS);
        start();
        byTrail(now -> now.minusSeconds(10), FakeKms.ROOT);

        assertThat(world.repaired).singleElement().satisfies(drift -> {
            assertThat(drift.lossy()).isTrue();
            assertThat(drift.note()).contains("Another writer removed the statement 'Auditors'", "remove it once more");
        });
        assertThat(world.kms.policy(key)).contains("Auditors");
        assertThat(writes()).isZero();
        world.refresh(key);
        assertThat(world.repaired).as("said once").hasSize(1);
    }

    /** What KMS refused has replaced nothing. */
    @Test
    void aWriteThatWasDeniedTookNothingFromOthers() {
        world.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        Instant then = world.clock.instant();
        // Somebody adds a statement in the same moment, and takes it back.
        world.aws.heal();
        world.controllers.refresh(new PolicyWrite(key, then, FakeKms.document(FakeKms.ROOT, AUDITORS)));
        world.advance(Duration.ofMinutes(2));

        assertThat(world.kms.policy(key)).doesNotContain("Auditors").contains("CmekOperatortestDataUse");
        assertThat(world.repaired).isEmpty();
    }

    /** KMS may have made it. */
    @Test
    void aWriteWhoseAnswerWasLostMayHaveTakenSomething() {
        world.aws.rule((operation, identity, item) ->
                operation.equals("kms:PutKeyPolicy") && writes() == 0 ? Trouble.LOSES_ITS_ANSWER : null);
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        Instant then = world.clock.instant();
        world.advance(Duration.ofSeconds(5));
        assertThat(writes()).as("it was read, and was there").isEqualTo(1);
        assertThat(notApplied()).isNull();
        world.controllers.refresh(new PolicyWrite(key, then, FakeKms.document(FakeKms.ROOT, AUDITORS)));
        world.stabilize();
        assertThat(world.kms.policy(key)).contains("Auditors");
    }

    /** What means the same may be written otherwise, and how somebody else writes it is not ours to change. */
    @Test
    void writesWhatIsNotOursAsItWasReadLast() {
        world.put(RequestOf.on(key, "orders"));
        world.aws.before = (operation, item) -> {
            if (operation.equals("kms:GetKeyPolicy")) {
                byOthers(FakeKms.ROOT.replace("\"arn:aws:iam::111122223333:root\"", "[\"111122223333\"]"));
                world.aws.before = (o, i) -> {};
            }
        };
        world.stabilize();

        assertThat(world.kms.policy(key)).contains("{\"AWS\":[\"111122223333\"]}", "CmekOperatortestDataUse");
        assertThat(writes()).isEqualTo(1);
    }

    @Test
    void onlyReadsWhereTheOwnerWrites() {
        EncryptionRequest request =
                world.put(RequestOf.named("orders").data(key).published().build());
        world.stabilize();
        assertThat(world.judge(request).result().policy().reason()).isEqualTo(Reason.PolicyNotApplied);
        assertThat(world.judge(request).isAnswered()).isTrue();

        byOthers(
                FakeKms.ROOT,
                "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + World.ROLE
                        + "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}");
        world.advance(Duration.ofMinutes(2));
        assertThat(world.judge(request).result().isReady()).isTrue();
        assertThat(writes()).isZero();
    }

    /** A write, a read or a first one may show an older policy for some reads. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void readsThatLagDelayAndLoseNothing(int seed) {
        var w = new World(seed, World.tenant("all", World.ROLE, CredentialScope.OWN, null, "*"));
        KeyArn k = w.newKey(1);
        w.kms.put(k, FakeKms.document(FakeKms.ROOT, AUDITORS, USERS));
        w.kms.mostLaggingReads = 2;
        EncryptionRequest orders = w.put(RequestOf.on(k, "orders"));
        w.stabilize();
        EncryptionRequest billing =
                w.put(RequestOf.named("billing").data(k).backup(k).build());
        w.advance(Duration.ofMinutes(15));

        assertThat(w.kms.policy(k))
                .contains("Auditors", "role/b\"", "CmekOperatortestDataUse", "CmekOperatortestBackupUse");
        assertThat(w.judge(orders).result().isReady()).isTrue();
        assertThat(w.judge(billing).result().isReady()).isTrue();
    }

    /** Whatever the wire does, in the end all is right, and nothing of others was lost. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void anUnrulyWireLosesNothing(int seed) {
        var w = new World(
                seed, World.tenant("all", World.ROLE, CredentialScope.OWN, new CredentialScope(World.ROLE, null), "*"));
        w.aws.unruly(new Random(seed), 0.3);
        var requests = new ArrayList<EncryptionRequest>();
        for (int n = 1; n <= 5; n++) {
            w.kms.make(World.key(n));
            w.kms.put(World.key(n), FakeKms.document(FakeKms.ROOT, AUDITORS, USERS));
        }
        w.kms.mostLaggingReads = 1;
        for (int n = 1; n <= 5; n++) {
            requests.add(w.put(RequestOf.named("orders-" + n)
                    .data(World.key(n))
                    .bucket("bucket-" + n)
                    .build()));
            w.advance(Duration.ofSeconds(3));
        }
        w.advance(Duration.ofMinutes(10));
        w.aws.heal();
        w.advance(Duration.ofMinutes(10));

        requests.forEach(request -> {
            KeyArn k = request.keys().getFirst().key();
            assertThat(w.judge(request).result().results()).allMatch(j -> j.isTrue());
            assertThat(w.kms.policy(k)).contains("Auditors", "role/b\"", "CmekOperatortestDataUse");
            String bucket = request.buckets().getFirst().name();
            assertThat(w.judge(request, bucket).result().encrypted().isTrue()).isTrue();
            assertThat(Objects.requireNonNull(w.s3.bucket(bucket)).isPrivate()).isTrue();
        });
    }

    /** Its finalizer was taken off while KMS took its time. */
    @Test
    void tellsWhatIsLeftOfAResourceThatWentWhileItWasWritten() {
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy")) {
                world.remove(request);
            }
        };
        world.stabilize();

        assertThat(world.reported)
                .anySatisfy(reported -> assertThat(reported)
                        .startsWith("left behind by orders")
                        .contains("CmekOperatortestDataUse", "gives access that no resource requests now"));
        assertThat(world.isEmpty()).isTrue();
    }

    /** It is not the one in whose name the policy is written. */
    @Test
    void tellsItAlsoOfOneOfMany() {
        EncryptionRequest older = start();
        EncryptionRequest request = world.put(RequestOf.named("billing")
                .data(key)
                .backup(key)
                .createdAt("2026-03-02T10:00:00Z")
                .build());
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy")) {
                world.remove(request);
            }
        };
        world.stabilize();

        assertThat(world.reported)
                .anySatisfy(reported -> assertThat(reported)
                        .startsWith("left behind by billing")
                        .contains("CmekOperatortestBackupUse")
                        .doesNotContain("DataUse"));
        assertThat(world.judge(older).result().isReady()).isTrue();
    }

    @Test
    void saysNothingOfThatWhereOthersNeedIt() {
        EncryptionRequest older = world.put(RequestOf.on(key, "orders"));
        world.put(RequestOf.on(key, "billing"));
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy")) {
                world.remove(older);
            }
        };
        world.stabilize();

        assertThat(world.reported).containsExactly("written");
    }

    @Test
    void nothingIsKeptWhenTheLastRequestIsGone() {
        var requests = new ArrayList<EncryptionRequest>();
        for (int n = 1; n < 4; n++) {
            requests.add(world.put(RequestOf.named("orders-" + n)
                    .data(world.newKey(n))
                    .bucket("bucket-" + n)
                    .build()));
        }
        world.advance(Duration.ofMinutes(3));
        assertThat(world.isEmpty()).isFalse();
        requests.forEach(world::remove);
        world.refresh(World.key(9));
        world.controllers.refresh(new AwsItem.Bucket(CredentialScope.OWN, "us-east-1", "bucket-9"));
        world.stabilize();

        assertThat(world.isEmpty()).isTrue();
        assertThat(world.keys.of(World.key(1))).isEqualTo(KeySnapshot.never(World.key(1)));
        assertThat(world.index.keys()).isEmpty();
    }

    @Test
    void aKeyThatIsDisabledIsNotWrittenAndRecovers() {
        EncryptionRequest request = start();
        world.kms.state(key, "Disabled");
        world.advance(Duration.ofMinutes(1).plusSeconds(10));
        byOthers(FakeKms.ROOT);
        world.advance(Duration.ofMinutes(1));
        assertThat(world.judge(request).result().usable().reason()).isEqualTo(Reason.KeyDisabled);
        assertThat(writes()).isZero();
        assertThat(world.aws.count("kms:DescribeKey"))
                .as("sooner than a healthy one")
                .isBetween(4, 12);

        world.kms.state(key, "Enabled");
        world.advance(Duration.ofMinutes(1).plusSeconds(10));
        assertThat(world.judge(request).result().isReady()).isTrue();
        assertThat(writes()).isEqualTo(1);
    }

    @Test
    void aHealthyKeyIsReadOnceAMinuteAndAtOnceWhereItIsRefreshed() {
        EncryptionRequest request = start();
        world.advance(Duration.ofHours(1));
        assertThat(world.aws.count("kms:DescribeKey")).isBetween(54, 67);
        assertThat(world.aws.count("kms:GetKeyPolicy")).isBetween(54, 67);
        assertThat(world.changed).isEmpty();
        world.aws.forgetCalls();

        world.kms.state(key, "Disabled");
        world.refresh(key);
        assertThat(world.aws.operationsOn(key)).containsExactly("kms:DescribeKey", "kms:GetKeyPolicy");
        assertThat(world.changed).hasSize(1);
        assertThat(world.judge(request).result().usable().reason()).isEqualTo(Reason.KeyDisabled);
    }

    /** Also when nothing else than time makes a fact too old. */
    @Test
    void tellsWhenReadsFailWhenWhatWasReadIsTooOldAndWhenTheySucceedAgain() {
        EncryptionRequest request = start();
        world.aws.fail("kms:", Trouble.UNAVAILABLE);
        world.advance(Duration.ofMinutes(2));
        assertThat(world.changed).as("of the first failed read").hasSizeBetween(1, 2);
        assertThat(world.judge(request).result().isReady())
                .as("what was read is young")
                .isTrue();
        world.changed.clear();

        world.advance(Duration.ofMinutes(6));
        assertThat(world.changed).as("facts and policy are too old").isNotEmpty();
        assertThat(world.judge(request).result().usable().reason()).isEqualTo(Reason.AwsUnavailable);
        world.changed.clear();

        world.aws.heal();
        world.advance(Duration.ofMinutes(1).plusSeconds(10));
        assertThat(world.changed).isNotEmpty();
        assertThat(world.judge(request).result().isReady()).isTrue();
    }

    @Test
    void goesOnWhenTheClockWasSetBack() {
        EncryptionRequest request = start();
        world.clock.isOffBy = Duration.ofDays(-1);
        world.kms.state(key, "Disabled");
        byOthers(FakeKms.ROOT, AUDITORS);
        world.advance(Duration.ofMinutes(2));
        assertThat(world.judge(request).result().usable().reason()).isEqualTo(Reason.KeyDisabled);
        world.kms.state(key, "Enabled");
        world.advance(Duration.ofMinutes(2));
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
    }

    @Test
    void aRoleProvesItsAccessWhenThePolicyLetsIt() {
        CredentialScope probe = new CredentialScope(World.ROLE, null);
        var w = new World(1, World.tenant("all", World.ROLE, CredentialScope.OWN, probe, "*"));
        KeyArn k = w.newKey(1);
        EncryptionRequest request = w.put(RequestOf.on(k, "orders"));
        w.stabilize();
        assertThat(w.judge(request).result().access().reason()).isEqualTo(Reason.AccessProven);
        assertThat(w.aws.operationsOn(k)).endsWith("kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt");

        w.kms.probesDenied = true;
        w.refresh(k);
        assertThat(w.judge(request).result().access().reason()).isEqualTo(Reason.AccessDenied);

        w.kms.probesDenied = false;
        w.aws.fail("kms:GenerateDataKey", Trouble.DENIED);
        w.refresh(k);
        assertThat(w.judge(request).result().access().isTrue())
                .as("what was proven last")
                .isFalse();

        w.aws.heal();
        w.advance(Duration.ofMinutes(1));
        assertThat(w.judge(request).result().access().reason()).isEqualTo(Reason.AccessProven);
        w.aws.forgetCalls();
        w.kms.put(k, FakeKms.document(FakeKms.ROOT));
        w.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
        w.advance(Duration.ofMinutes(10));
        assertThat(w.aws.count("kms:Decrypt"))
                .as("without the policy there is nothing to prove")
                .isLessThan(2);
    }

    @Test
    void statementsOfTheStatusThatTheOwnerWritesAreNoDriftOfOurs() {
        EncryptionRequest request =
                RequestOf.named("orders").data(key).published().build();
        String statements = "{\"Sid\":\"CmekOperatortestDataUse\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\""
                + World.ROLE + "\"},\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}";
        world.put(request, new LastApplied(Map.of(key, List.of(statements)), Map.of(), false));
        world.put(RequestOf.named("billing").backup(key).build());
        world.stabilize();
        assertThat(world.repaired).isEmpty();
        assertThat(world.keys.of(key).required().principals().keySet()).isEqualTo(Set.of(StatementKind.BACKUP_USE));
        assertThat(world.keys.of(key).required().minus(AccessRequirements.NONE).isEmpty())
                .isFalse();
    }
}
