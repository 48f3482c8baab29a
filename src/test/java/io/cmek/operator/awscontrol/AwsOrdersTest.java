package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.awscontrol.KeySnapshot.Release;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyWrite;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Orders of events that the AWS controllers get wrong. */
class AwsOrdersTest {

    private static final CredentialScope A = new CredentialScope("arn:aws:iam::111122223333:role/tenant-a", null);
    private static final CredentialScope B = new CredentialScope("arn:aws:iam::111122223333:role/tenant-b", null);
    private static final String AUDITORS =
            "{\"Sid\":\"Auditors\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/audit\"},"
                    + "\"Action\":\"kms:DescribeKey\",\"Resource\":\"*\"}";

    private final World world = new World();
    private final KeyArn key = world.newKey(1);

    private static String role(String tenant) {
        return "arn:aws:iam::111122223333:role/data-" + tenant;
    }

    private void once(String operation, Runnable happens) {
        var happened = new AtomicBoolean();
        world.aws.before = (op, item) -> {
            if (op.equals(operation) && happened.compareAndSet(false, true)) {
                happens.run();
            }
        };
    }

    private void losesItsAnswerOnce(String operation) {
        var lost = new AtomicBoolean();
        world.aws.rule((op, identity, item) ->
                op.equals(operation) && lost.compareAndSet(false, true) ? Trouble.LOSES_ITS_ANSWER : null);
    }

    // -- requests that change while a turn runs

    /** The index knows that the only request is gone before PutKeyPolicy is sent. */
    @ParameterizedTest
    @ValueSource(strings = {"kms:DescribeKey", "kms:GetKeyPolicy"})
    void noPolicyIsWrittenForARequestThatIsKnownToBeGone(String slow) {
        EncryptionRequest request = RequestOf.on(key, "orders");
        once(slow, () -> world.remove(request));
        world.put(request);
        world.stabilize();

        assertThat(world.aws.count("kms:PutKeyPolicy") > 0
                        && world.reported.stream().noneMatch(t -> t.startsWith("left")))
                .as("written for nobody, without a word")
                .isFalse();
        assertThat(world.hasStatement(key, "DataUse")).isFalse();
    }

    /** From that moment on the policy is the key owner's to write. */
    @ParameterizedTest
    @ValueSource(strings = {"kms:DescribeKey", "kms:GetKeyPolicy"})
    void noPolicyIsWrittenForARequestThatIsKnownToBePublished(String slow) {
        once(
                slow,
                () -> world.put(RequestOf.named("orders").data(key).published().build()));
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();

        assertThat(world.aws.count("kms:PutKeyPolicy")).isZero();
    }

    /** Deleted with Retain, which waits for nothing, and created again with the right key, while S3 takes its time. */
    @Test
    void noBucketIsEncryptedForARequestThatIsKnownToBeGone() {
        KeyArn right = world.newKey(2);
        world.put(RequestOf.on(right, "billing"));
        world.stabilize();
        EncryptionRequest wrong =
                RequestOf.named("orders").data(key).bucket("orders-data").build();
        EncryptionRequest living = RequestOf.named("orders")
                .data(right)
                .bucket("orders-data")
                .again()
                .build();
        once("s3:GetBucketEncryption", () -> {
            world.remove(wrong);
            world.put(living);
        });
        world.put(RequestOf.on(key, "other"));
        world.stabilize();
        world.put(wrong);
        world.advance(Duration.ofMinutes(10));

        assertThat(world.judge(living, "orders-data").result().encrypted().reason())
                .isEqualTo(Reason.BucketsEncrypted);
    }

    // -- release

    /** PutKeyPolicy took effect, its answer was lost, and the resource was deleted while it was awaited. */
    @Test
    void aReleaseIsNotDoneOnAPolicyThatWasReadBeforeTheWrite() {
        losesItsAnswerOnce("kms:PutKeyPolicy");
        world.put(RequestOf.named("orders").data(key).release().build());
        world.workOnNext();
        EncryptionRequest going =
                world.put(RequestOf.named("orders").data(key).release().going().build());
        world.stabilize();
        world.advance(Duration.ofSeconds(30));

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse"))
                .as("Done, and still there")
                .isFalse();
    }

    /** The statement was written by another process, or by hand, since the last poll. */
    @Test
    void aReleaseIsNotDoneOnAPolicyOfTheLastPoll() {
        world.put(RequestOf.named("orders").data(key).published().release().build());
        world.stabilize();
        String before = world.kms.policy(key);
        // Another process of the operator serves it as Managed.
        var other = new World();
        other.newKey(1);
        other.put(RequestOf.on(key, "orders"));
        other.stabilize();
        world.kms.put(key, other.kms.policy(key));
        assertThat(before).isNotEqualTo(world.kms.policy(key));
        EncryptionRequest going =
                world.put(RequestOf.named("orders").data(key).release().going().build());
        world.stabilize();

        assertThat(world.release(going)).isEqualTo(new Release.Done());
        assertThat(world.hasStatement(key, "DataUse"))
                .as("Done, and still there")
                .isFalse();
    }

    /** Twenty Workgroups of one tenant are deleted, whose role may no longer write. */
    @Test
    void aDeniedReleaseIsAskedOnceForTheCredentialsAndNotOnceForEachRequest() {
        world.put(RequestOf.on(key, "first"));
        world.stabilize();
        world.remove(RequestOf.on(key, "first"));
        world.stabilize();
        world.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
        world.aws.forgetCalls();
        for (int n = 0; n < 20; n++) {
            world.put(RequestOf.named("w" + n).data(key).release().going().build());
        }
        world.stabilize();

        assertThat(world.aws.count("kms:PutKeyPolicy")).isLessThanOrEqualTo(2);
    }

    /** As the role of one tenant, PutKeyPolicy hangs. */
    @Test
    void releasesThatTimeOutKeepNobodyElsesReleaseNorProof() {
        CredentialScope probe = new CredentialScope(role("b"), null);
        var w = new World(
                1, World.tenant("a", role("a"), A, null, "team-a"), World.tenant("b", role("b"), B, probe, "team-b"));
        KeyArn k = w.newKey(1);
        for (int n = 0; n < 8; n++) {
            w.put(RequestOf.named("w" + n).in("team-a").data(k).release().build());
        }
        EncryptionRequest b =
                w.put(RequestOf.named("orders").in("team-b").data(k).build());
        w.put(RequestOf.named("billing")
                .in("team-b")
                .data(k)
                .backup(k)
                .release()
                .build());
        w.advance(Duration.ofSeconds(30));
        assertThat(w.judge(b).result().isReady()).isTrue();
        w.aws.rule((operation, identity, item) ->
                operation.equals("kms:PutKeyPolicy") && identity.equals(A) ? Trouble.TIMES_OUT : null);
        for (int n = 0; n < 8; n++) {
            w.put(RequestOf.named("w" + n)
                    .in("team-a")
                    .data(k)
                    .release()
                    .going()
                    .build());
        }
        w.advance(Duration.ofMinutes(5));
        EncryptionRequest going = w.put(RequestOf.named("billing")
                .in("team-b")
                .data(k)
                .backup(k)
                .release()
                .going()
                .build());
        w.kms.probesDenied = true;
        w.advance(Duration.ofMinutes(20));

        assertThat(w.keys.of(k).proof(probe).lastSeen())
                .as("twenty minutes after the role lost its access")
                .isEqualTo(false);
        assertThat(w.release(going)).isEqualTo(new Release.Done());
    }

    // -- proofs

    private static World twoTenantsOfWhichTheFirstCannotReadTheKey(CredentialScope probe) {
        var w = new World(
                1,
                World.tenant("a", role("all"), A, probe, "team-a"),
                World.tenant("b", role("all"), B, probe, "team-b"));
        w.aws.rule((operation, identity, item) -> identity.equals(A) ? Trouble.DENIED : null);
        return w;
    }

    /** The data plane is one for all tenants; what one tenant's role may not read keeps nobody else. */
    @Test
    void aRoleThatSeveralTenantsNameIsProvenForEachThatCanReadTheKey() {
        CredentialScope probe = new CredentialScope(role("all"), null);
        World w = twoTenantsOfWhichTheFirstCannotReadTheKey(probe);
        KeyArn k = w.newKey(1);
        EncryptionRequest b =
                w.put(RequestOf.named("orders").in("team-b").data(k).build());
        w.put(RequestOf.named("orders").in("team-a").data(k).build());
        w.advance(Duration.ofMinutes(5));

        assertThat(w.judge(b).result().access().reason()).isEqualTo(Reason.AccessProven);
    }

    @Test
    void aTenantThatCannotReadTheKeyLearnsNothingFromTheProofOfAnother() {
        CredentialScope probe = new CredentialScope(role("all"), null);
        World w = twoTenantsOfWhichTheFirstCannotReadTheKey(probe);
        KeyArn k = w.newKey(1);
        EncryptionRequest a =
                w.put(RequestOf.named("orders").in("team-a").data(k).build());
        w.advance(Duration.ofMinutes(5));
        var alone = w.judge(a).result();
        w.put(RequestOf.named("orders").in("team-b").data(k).build());
        w.advance(Duration.ofMinutes(5));

        assertThat(w.keys.of(k).proof(probe).lastSeen()).isTrue();
        assertThat(w.judge(a).result()).isEqualTo(alone);
    }

    /** It was proven before the other tenant's request came; then the role loses its access. */
    @Test
    void aRoleIsProvenAgainAlthoughAnotherTenantThatNamesItCannotReadTheKey() {
        CredentialScope probe = new CredentialScope(role("all"), null);
        World w = twoTenantsOfWhichTheFirstCannotReadTheKey(probe);
        KeyArn k = w.newKey(1);
        EncryptionRequest b =
                w.put(RequestOf.named("orders").in("team-b").data(k).build());
        w.advance(Duration.ofMinutes(2));
        assertThat(w.judge(b).result().access().reason()).isEqualTo(Reason.AccessProven);
        w.put(RequestOf.named("orders").in("team-a").data(k).build());
        w.advance(Duration.ofMinutes(2));
        w.kms.probesDenied = true;
        w.advance(Duration.ofHours(1));

        assertThat(w.judge(b).result().access().reason())
                .as("an hour after the role lost its access")
                .isEqualTo(Reason.AccessDenied);
    }

    // -- what is reported

    @Test
    void tellsWhatIsLeftBehindAlsoWhereTheAnswerWasLost() {
        EncryptionRequest request = RequestOf.on(key, "orders");
        losesItsAnswerOnce("kms:PutKeyPolicy");
        once("kms:PutKeyPolicy", () -> world.remove(request));
        world.put(request);
        world.advance(Duration.ofMinutes(2));

        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        assertThat(world.reported).anyMatch(t -> t.startsWith("left behind by orders"));
    }

    @Test
    void tellsOfABucketThatIsLeftBehindAlsoWhereTheAnswerWasLost() {
        EncryptionRequest request =
                RequestOf.named("orders").data(key).bucket("orders-data").build();
        losesItsAnswerOnce("s3:CreateBucket");
        once("s3:CreateBucket", () -> world.remove(request));
        world.put(request);
        world.advance(Duration.ofMinutes(2));

        assertThat(world.s3.bucket("orders-data")).isNotNull();
        assertThat(world.reported).anyMatch(t -> t.startsWith("left behind by orders"));
    }

    /** The bucket was deleted with all that was in it, and an empty one took its place. */
    @Test
    void tellsThatABucketWasDeletedAlsoWhereTheAnswerToItsRepairWasLost() {
        EncryptionRequest request = world.put(
                RequestOf.named("orders").data(key).bucket("orders-data").build());
        world.stabilize();
        world.advance(Duration.ofSeconds(10));
        world.s3.delete("orders-data");
        losesItsAnswerOnce("s3:PutBucketEncryption");
        world.advance(Duration.ofMinutes(5));

        assertThat(world.judge(request, "orders-data").result().encrypted().reason())
                .isEqualTo(Reason.BucketsEncrypted);
        assertThat(world.repaired).extracting(DriftRepair::what).containsExactly(DriftRepair.What.BUCKET);
    }

    @Test
    void tellsThatAStatementWasRemovedAlsoWhereTheAnswerToItsRepairWasLost() {
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        world.advance(Duration.ofSeconds(10));
        world.kms.put(key, FakeKms.document(FakeKms.ROOT));
        losesItsAnswerOnce("kms:PutKeyPolicy");
        world.advance(Duration.ofMinutes(5));

        assertThat(world.hasStatement(key, "DataUse")).isTrue();
        assertThat(world.repaired).extracting(DriftRepair::what).containsExactly(DriftRepair.What.POLICY);
    }

    /** Another tenant's role has read the policy before that, when all was in place: that shows no repair, whether it was made or not. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tellsItOnceAlsoWhereAnOlderReadOfAnotherTenantComesFirst(boolean takesEffect) {
        var w = new World(
                1, World.tenant("a", role("a"), A, null, "team-a"), World.tenant("b", role("b"), B, null, "team-b"));
        KeyArn k = w.newKey(1);
        w.put(RequestOf.named("orders").in("team-a").data(k).build());
        w.put(RequestOf.named("orders").in("team-b").data(k).build());
        w.advance(Duration.ofMinutes(2));
        var lost = new AtomicBoolean();
        w.aws.rule((op, identity, item) -> {
            if (op.equals("kms:GetKeyPolicy") && identity.equals(B) && !lost.get()) {
                return Trouble.THROTTLED;
            }
            return op.equals("kms:PutKeyPolicy") && lost.compareAndSet(false, true)
                    ? takesEffect ? Trouble.LOSES_ITS_ANSWER : Trouble.TIMES_OUT
                    : null;
        });
        w.kms.put(k, FakeKms.document(FakeKms.ROOT));
        w.advance(Duration.ofMinutes(5));

        assertThat(w.hasStatement(k, "DataUse")).isTrue();
        assertThat(w.repaired).extracting(DriftRepair::what).containsExactly(DriftRepair.What.POLICY);
    }

    /** The answer was lost with the repair, and whose access it was is gone before the next read. */
    @Test
    void tellsOfNoRepairThatWasNotMade() {
        world.put(RequestOf.on(key, "orders"));
        EncryptionRequest billing =
                world.put(RequestOf.named("billing").data(key).backup(key).build());
        world.stabilize();
        world.advance(Duration.ofSeconds(10));
        world.kms.put(key, without());
        assertThat(world.hasStatement(key, "BackupUse")).isFalse();
        world.aws.fail("kms:PutKeyPolicy", Trouble.TIMES_OUT);
        world.advance(Duration.ofMinutes(2));
        world.remove(billing);
        world.advance(Duration.ofMinutes(5));

        assertThat(world.keys.of(key).view(CredentialScope.OWN).notApplied())
                .as("what is asked for now is there")
                .isNull();
        assertThat(world.repaired).isEmpty();
        assertThat(world.reported).doesNotContain("repaired POLICY");
    }

    /** What was in the bucket of the first one is none of the next one's business. */
    @Test
    void tellsTheNextHolderOfABucketNothingOfWhatWasFoundBefore() {
        EncryptionRequest first = world.put(
                RequestOf.named("orders").data(key).bucket("orders-data").build());
        world.stabilize();
        world.advance(Duration.ofSeconds(10));
        world.s3.delete("orders-data");
        world.aws.fail("s3:CreateBucket", Trouble.TIMES_OUT);
        world.advance(Duration.ofMinutes(6));
        world.remove(first);
        world.s3.put("orders-data", new FakeS3.Bucket(true, "us-east-1", FakeS3.under(key), true));
        EncryptionRequest next = world.put(
                RequestOf.named("billing").data(key).bucket("orders-data").build());
        world.advance(Duration.ofMinutes(5));

        assertThat(world.judge(next, "orders-data").result().encrypted().reason())
                .isEqualTo(Reason.BucketsEncrypted);
        assertThat(world.repaired).isEmpty();
    }

    /** Nobody had the policy written any more; then somebody has again, and it is judged before its first turn. */
    @Test
    void showsNoOldFailureToALaterRequest() {
        world.aws.fail("kms:PutKeyPolicy", Trouble.DENIED);
        EncryptionRequest request = world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        assertThat(world.judge(request).result().policy().reason()).isEqualTo(Reason.WriteDenied);
        world.put(RequestOf.named("orders").data(key).published().build());
        world.advance(Duration.ofMinutes(10));
        world.aws.heal();
        world.put(request);

        assertThat(world.judge(request).result().policy().reason()).isEqualTo(Reason.Pending);
        assertThat(world.judge(request).isAnswered()).isFalse();
        world.stabilize();
        assertThat(world.judge(request).result().isReady()).isTrue();
    }

    // -- CloudTrail

    /** SQS delivers at least once, and what could not be removed from the queue comes again. */
    @Test
    void anEventThatComesTwicePutsNothingBackThatItsOwnerHasRemovedSince() {
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        var theirs = new PolicyWrite(key, world.clock.instant(), FakeKms.document(FakeKms.ROOT, AUDITORS));
        world.controllers.refresh(theirs);
        world.stabilize();
        assertThat(world.kms.policy(key)).contains("Auditors");
        String withoutAuditors = without();
        world.advance(Duration.ofMinutes(5));
        world.kms.put(key, withoutAuditors);
        world.advance(Duration.ofMinutes(5));
        assertThat(world.kms.policy(key)).doesNotContain("Auditors");
        world.controllers.refresh(theirs);
        world.advance(Duration.ofMinutes(5));

        assertThat(world.kms.policy(key)).doesNotContain("Auditors");
    }

    /** CloudTrail tells minutes later of the write of ours that put a statement back. */
    @Test
    void anEventOfOurOwnWritePutsNothingBackThatItsOwnerHasRemovedSince() {
        world.put(RequestOf.on(key, "orders"));
        world.stabilize();
        world.controllers.refresh(
                new PolicyWrite(key, world.clock.instant(), FakeKms.document(FakeKms.ROOT, AUDITORS)));
        world.stabilize();
        Instant at = world.clock.instant();
        String ours = world.kms.policy(key);
        assertThat(ours).contains("Auditors");
        world.advance(Duration.ofMinutes(2));
        world.kms.put(key, without());
        world.advance(Duration.ofMinutes(5));
        world.controllers.refresh(new PolicyWrite(key, at, ours));
        world.advance(Duration.ofMinutes(5));

        assertThat(world.kms.policy(key)).doesNotContain("Auditors");
    }

    /** What the policy is when the statement of the auditors is taken out. */
    private String without() {
        var w = new World();
        w.newKey(1);
        w.put(RequestOf.on(key, "orders"));
        w.stabilize();
        return w.kms.policy(key);
    }

    // -- buckets

    /** It was finished, though the answer to its encryption was lost; a year later somebody has opened it on purpose. */
    @Test
    void aBucketThatWasFinishedIsNotMadePrivateAgain() {
        losesItsAnswerOnce("s3:PutBucketEncryption");
        world.put(RequestOf.named("orders").data(key).bucket("orders-data").build());
        world.advance(Duration.ofMinutes(5));
        assertThat(world.s3.bucket("orders-data"))
                .isEqualTo(new FakeS3.Bucket(true, "us-east-1", FakeS3.under(key), true));
        world.advance(Duration.ofDays(1));
        world.s3.put("orders-data", new FakeS3.Bucket(true, "us-east-1", FakeS3.OF_NEW, false));
        world.advance(Duration.ofMinutes(5));

        assertThat(world.s3.bucket("orders-data"))
                .as("encrypted again, and otherwise as it was")
                .isEqualTo(new FakeS3.Bucket(true, "us-east-1", FakeS3.under(key), false));
    }
}
