package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.awscontrol.KeySnapshot.Release;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.keypolicy.PolicyWrite;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** What is taken away is decided on what the API server has now, never on a cache. */
class KeyReleaseTest {

    private final World world = new World();
    private final KeyArn key = world.newKey(1);
    private final EncryptionRequest orders =
            RequestOf.named("orders").data(key).release().build();
    private final EncryptionRequest going =
            RequestOf.named("orders").data(key).release().going().build();

    private void start() {
        world.put(orders);
        world.stabilize();
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        world.aws.forgetCalls();
        world.reported.clear();
    }

    @Test
    void takesWhatItAloneNeeded() {
        start();
        world.put(going);
        world.stabilize();

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse")).isFalse();
        assertThat(world.hasStatement(key, "DataGrants")).isFalse();
        assertThat(world.kms.policy(key)).contains("\"Root\"");
        assertThat(world.aws.operationsOn(key)).containsSubsequence("kms:GetKeyPolicy", "kms:PutKeyPolicy");
        int reads = world.live.reads;
        world.advance(Duration.ofMinutes(10));
        assertThat(world.live.reads).as("it is done").isEqualTo(reads);
        assertThat(world.aws.count("kms:PutKeyPolicy")).isEqualTo(1);
        assertThat(world.reported).containsExactly("written");

        world.remove(going);
        world.stabilize();
        assertThat(world.isEmpty()).isTrue();
    }

    @Test
    void aRequestThatIsRetainedTakesNothingAndCallsNobody() {
        start();
        world.put(RequestOf.named("orders").data(key).going().build());
        world.stabilize();

        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        assertThat(world.aws.calls()).isEmpty();
        assertThat(world.live.reads).isZero();
    }

    /** The caches do not know of it yet. */
    @Test
    void takesNothingThatAnotherNeedsWhichOnlyTheApiServerKnows() {
        start();
        EncryptionRequest billing = RequestOf.on(key, "billing");
        world.live.requests.put(billing.uid(), billing);
        world.put(going);
        world.stabilize();

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        assertThat(world.aws.count("kms:PutKeyPolicy")).isZero();
    }

    /** One that is held, one that is refused, and one whose policy the key's owner writes. */
    @Test
    void takesNothingFromThoseThatStay() {
        for (EncryptionRequest other : new EncryptionRequest[] {
            RequestOf.named("other").data(key).release().held().build(),
            RequestOf.named("other").data(key).published().build(),
            RequestOf.named("other").data(key).going().build(),
            RequestOf.named("other")
                    .data(key)
                    .eligibility(ConditionResult.ofFalse(Reason.WorkgroupNotFound, "no"))
                    .build()
        }) {
            var w = new World();
            w.newKey(1);
            w.put(orders);
            w.put(other);
            w.stabilize();
            w.put(going);
            w.advance(Duration.ofMinutes(2));
            assertThat(w.release(going)).isEqualTo(new Release.Done());
            assertThat(w.hasStatement(key, "DataUse")).isTrue();
        }
    }

    /** Between the moment in which it is known who needs what and the write, AWS may take its time. */
    @Test
    void takesNothingFromWhoComesWhileThePolicyIsReadOnceMore() {
        start();
        world.aws.before = (operation, item) -> {
            if (operation.equals("kms:GetKeyPolicy")) {
                world.aws.before = (o, i) -> {};
                world.put(RequestOf.on(key, "billing"));
            }
        };
        world.put(going);
        world.stabilize();

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        assertThat(world.aws.count("kms:PutKeyPolicy")).isZero();
    }

    @Test
    void waitsWhereTheApiServerDoesNotConfirmIt() {
        start();
        world.put(going);
        world.live.requests.put(orders.uid(), orders);
        world.stabilize();
        assertThat(world.release(going))
                .isInstanceOfSatisfying(
                        Release.Waits.class, waits -> assertThat(waits.why()).contains("not confirmed"));
        world.live.requests.remove(orders.uid());
        world.advance(Duration.ofSeconds(5));
        assertThat(world.release(going)).isInstanceOf(Release.Waits.class);
        world.live.requests.put(
                going.uid(),
                RequestOf.named("orders")
                        .data(key)
                        .release()
                        .going()
                        .eligibility(ConditionResult.pending("not yet"))
                        .build());
        world.advance(Duration.ofSeconds(5));
        assertThat(world.release(going)).isInstanceOf(Release.Waits.class);
        assertThat(world.aws.count("kms:PutKeyPolicy")).isZero();

        world.live.requests.put(going.uid(), going);
        world.advance(Duration.ofMinutes(1));
        assertThat(world.release(going)).isEqualTo(new Release.Done());
    }

    @Test
    void waitsWhileTheReadOfAllResourcesFails() {
        start();
        world.live.failing = "was refused";
        world.put(going);
        world.advance(Duration.ofMinutes(5));
        assertThat(world.release(going)).isEqualTo(new Release.Waits("the read of all resources was refused"));
        assertThat(world.live.reads).as("ever more slowly").isBetween(7, 20);
        assertThat(world.hasStatement(key, "DataUse")).isTrue();

        world.live.failing = null;
        world.advance(Duration.ofMinutes(1));
        assertThat(world.release(going)).isEqualTo(new Release.Done());
    }

    @Test
    void takesNothingThatAnUnreadableObjectMayNeed() {
        start();
        world.live.unreadable.put("uid-of-unreadable", "team-a");
        world.put(going);
        world.stabilize();
        assertThat(world.release(going)).isEqualTo(new Release.NeededByUnreadable());
        assertThat(world.hasStatement(key, "DataUse")).isTrue();

        world.live.unreadable.clear();
        world.advance(Duration.ofMinutes(1));
        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse")).isFalse();
    }

    @Test
    void aKeyThatIsGoneNeedsNoRelease() {
        start();
        world.kms.delete(key);
        world.put(going);
        world.advance(Duration.ofMinutes(2));
        assertThat(world.release(going)).isEqualTo(new Release.Done());
    }

    @Test
    void aWriteThatIsDeniedIsReportedAndRetried() {
        start();
        world.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
        world.put(going);
        world.advance(Duration.ofMinutes(5));
        assertThat(world.release(going))
                .isInstanceOfSatisfying(
                        Release.Failed.class,
                        failed -> assertThat(failed.outcome()).isInstanceOf(PolicyOutcome.WriteFailed.class));
        assertThat(world.aws.count("kms:PutKeyPolicy")).isBetween(6, 20);

        world.aws.heal();
        world.advance(Duration.ofMinutes(1));
        assertThat(world.release(going)).isEqualTo(new Release.Done());
    }

    @Test
    void aPolicyThatCannotBeReadIsReportedAndRetried() {
        start();
        world.advance(Duration.ofMinutes(1));
        world.aws.fail("kms:GetKeyPolicy", Trouble.DENIED);
        world.restart();
        world.put(going);
        world.advance(Duration.ofMinutes(2));
        assertThat(world.release(going))
                .isInstanceOfSatisfying(
                        Release.Failed.class,
                        failed -> assertThat(failed.outcome()).isInstanceOf(PolicyOutcome.ReadFailed.class));
        world.aws.heal();
        world.advance(Duration.ofMinutes(2));
        assertThat(world.release(going)).isEqualTo(new Release.Done());
    }

    /** Without its Workgroup a ReplicaCmek is refused, and nothing of the key is read for it. What it had is given back all the same. */
    @Test
    void oneWithoutItsParentIsReleasedToo() {
        start();
        ConditionResult orphaned = ConditionResult.ofFalse(Reason.WorkgroupNotFound, "It has no Workgroup.");
        EncryptionRequest orphan = RequestOf.named("orders")
                .data(key)
                .release()
                .going()
                .eligibility(orphaned)
                .build();
        world.put(orphan);
        world.stabilize();
        assertThat(world.release(orphan)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse")).isFalse();
    }

    @Test
    void oneReadOfAllResourcesServesAllReleasesOfATurn() {
        start();
        world.put(RequestOf.named("billing").data(key).backup(key).release().build());
        world.stabilize();
        world.put(going);
        EncryptionRequest other = world.put(RequestOf.named("billing")
                .data(key)
                .backup(key)
                .release()
                .going()
                .build());
        world.stabilize();

        assertThat(world.live.reads).isEqualTo(1);
        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.release(other)).isEqualTo(new Release.Done());
        assertThat(world.kms.policy(key)).doesNotContain("CmekOperator");
    }

    /** CloudTrail tells of it after the last request that writes has gone. */
    @Test
    void tellsWhatTheWriteOfAReleasePutBack() {
        start();
        afterAWriteOfAuditors();

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.kms.policy(key)).contains("Auditors").doesNotContain("CmekOperator");
        assertThat(world.reported).containsExactly("written", "repaired STATEMENTS_OF_OTHERS", "event for orders");
    }

    @Test
    void tellsWhatItsWriteTookAlsoWhereOnlyAReleaseIsLeft() {
        world.restoresStatements = false;
        world.restart();
        start();
        afterAWriteOfAuditors();

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.reported).containsExactly("written", "conflict", "event for orders");
    }

    private void afterAWriteOfAuditors() {
        world.controllers.refresh(new PolicyWrite(
                key, world.clock.instant(), FakeKms.document(FakeKms.ROOT, FakeKms.ROOT.replace("Root", "Auditors"))));
        world.put(going);
        world.stabilize();
    }

    /** A release takes away; what was taken of the others' is not put back by it. */
    @Test
    void aReleaseReportsNoRepairThatItDoesNotMake() {
        CredentialScope a = new CredentialScope("arn:aws:iam::111122223333:role/tenant-a", null);
        CredentialScope b = new CredentialScope("arn:aws:iam::111122223333:role/tenant-b", null);
        var w = new World(
                1,
                World.tenant("a", World.ROLE + "-a", a, null, "team-a"),
                World.tenant("b", World.ROLE + "-b", b, null, "team-b"));
        w.newKey(1);
        var leaving = RequestOf.named("billing").in("team-b").data(key).release();
        w.put(leaving.build());
        w.stabilize();
        String withoutA = w.kms.policy(key);
        w.put(RequestOf.named("orders").in("team-a").data(key).build());
        w.advance(Duration.ofMinutes(2));
        w.kms.put(key, withoutA);
        w.aws.rule((operation, identity, item) ->
                operation.equals("kms:PutKeyPolicy") && identity.equals(a) ? Trouble.DENIED : null);
        w.put(leaving.going().build());
        w.advance(Duration.ofMinutes(2));
        assertThat(w.kms.policy(key)).doesNotContain(World.ROLE + "-b");
        assertThat(w.repaired).isEmpty();

        w.aws.heal();
        w.advance(Duration.ofMinutes(5));
        assertThat(w.kms.policy(key)).contains(World.ROLE + "-a");
        assertThat(w.repaired).hasSize(1);
    }

    /** At each point around each request the process may end; the next one finishes what is left. */
    @Test
    void aCrashAnywhereIsMadeGoodByTheNextProcess() {
        var crashes = new ArrayList<String>();
        for (int point = 0; ; point++) {
            var w = new World();
            w.newKey(1);
            w.put(orders);
            w.stabilize();
            w.put(going);
            w.aws.crashAt(point);
            try {
                w.stabilize();
            } catch (FakeAws.Crash crash) {
                crashes.add(crash.getMessage());
                w.restart();
                w.stabilize();
            }
            assertThat(w.release(going)).isEqualTo(new Release.Done());
            assertThat(w.kms.policy(key)).doesNotContain("CmekOperator").contains("\"Root\"");
            assertThat(w.reported).doesNotContain("repaired POLICY");
            if (w.aws.isCrashAhead()) {
                break;
            }
        }
        assertThat(crashes).contains("kms:PutKeyPolicy is sent", "kms:PutKeyPolicy is answered");
    }
}
