package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BucketControllerTest {

    private static final String NAME = "orders-data";

    private final World world = new World();
    private final KeyArn key = world.newKey(1);
    private final EncryptionRequest request =
            RequestOf.named("orders").data(key).bucket(NAME).build();

    private ConditionResult encrypted() {
        return world.judge(request, NAME).result().encrypted();
    }

    private int count(String operation) {
        return world.aws.count("s3:" + operation);
    }

    private void start() {
        world.put(request);
        world.stabilize();
        assertThat(encrypted().reason()).isEqualTo(Reason.BucketsEncrypted);
        world.advance(Duration.ofSeconds(10));
        world.aws.forgetCalls();
        world.reported.clear();
        world.changed.clear();
    }

    private void refresh() {
        world.controllers.refresh(world.item(request, NAME));
        world.stabilize();
    }

    @Test
    void isMadePrivateAndEncryptedOnceItsKeyIsReady() {
        assertThat(world.snapshot(request, NAME)).isEqualTo(BucketSnapshot.NEVER);
        world.put(request);
        world.stabilize();

        assertThat(encrypted().isTrue()).isTrue();
        assertThat(world.judge(request, NAME).isAnswered()).isTrue();
        assertThat(world.s3.bucket(NAME)).isEqualTo(new FakeS3.Bucket(true, "us-east-1", FakeS3.under(key), true));
        assertThat(world.aws.operationsOn(NAME).stream().filter(o -> !o.equals("s3:GetBucketEncryption")))
                .containsExactly("s3:CreateBucket", "s3:PutPublicAccessBlock", "s3:PutBucketEncryption");
        assertThat(world.reported).as("making it is no repair").containsExactly("written");
        world.aws.forgetCalls();
        world.advance(Duration.ofMinutes(30));
        assertThat(world.aws.operationsOn(NAME)).hasSizeBetween(27, 34).containsOnly("s3:GetBucketEncryption");
    }

    @Test
    void waitsForItsKey() {
        world.kms.state(key, "Disabled");
        world.put(request);
        world.stabilize();
        assertThat(world.s3.bucket(NAME)).isNull();
        assertThat(encrypted().reason()).isEqualTo(Reason.Pending);
        assertThat(world.judge(request, NAME).isAnswered()).isTrue();

        world.kms.state(key, "Enabled");
        world.refresh(key);
        assertThat(encrypted().isTrue()).isTrue();
    }

    @Test
    void anExistingOneIsNotMade() {
        EncryptionRequest existing = world.put(RequestOf.named("orders")
                .data(key)
                .bucket(NAME, Provisioning.Existing)
                .build());
        world.advance(Duration.ofMinutes(2));
        assertThat(world.judge(existing, NAME).result().encrypted().reason()).isEqualTo(Reason.BucketNotFound);
        world.s3.put(NAME, new FakeS3.Bucket(true, "us-east-1", FakeS3.OF_NEW, false));
        world.advance(Duration.ofMinutes(2));
        assertThat(world.judge(existing, NAME).result().encrypted().isTrue()).isTrue();
        assertThat(count("CreateBucket")).isZero();
        assertThat(count("PutPublicAccessBlock")).isZero();
    }

    @Test
    void oneOfOthersIsLeftAlone() {
        world.s3.put(NAME, new FakeS3.Bucket(false, "us-east-1", FakeS3.OF_NEW, false));
        world.put(request);
        world.advance(Duration.ofMinutes(5));
        assertThat(encrypted().reason()).isEqualTo(Reason.BucketOwnedByAnotherAccount);
        world.s3.put(NAME, new FakeS3.Bucket(true, "us-west-2", FakeS3.OF_NEW, false));
        refresh();
        assertThat(encrypted().reason()).isEqualTo(Reason.BucketInAnotherRegion);
        assertThat(world.aws.operationsOn(NAME))
                .containsOnly("s3:GetBucketEncryption", "s3:ListBuckets", "s3:HeadBucket");
    }

    /** S3 answers the same for a bucket of others and for one of ours that we may not read, or that cannot be asked further about. */
    @Test
    void whoseADeniedBucketIsStaysUnknownWhereS3DoesNotTell() {
        world.aws.rule((operation, identity, item) ->
                operation.equals("s3:GetBucketEncryption") || operation.equals("s3:HeadBucket")
                        ? Trouble.DENIED
                        : null);
        world.put(request);
        world.advance(Duration.ofMinutes(5));
        assertThat(encrypted().reason()).isEqualTo(Reason.AccessDenied);
        world.s3.put(NAME, new FakeS3.Bucket(true, "us-east-1", FakeS3.OF_NEW, false));
        refresh();
        assertThat(encrypted().reason()).isEqualTo(Reason.AccessDenied);
        assertThat(world.aws.operationsOn(NAME)).doesNotContain("s3:CreateBucket", "s3:PutBucketEncryption");
    }

    @Test
    void whatLosesItsEncryptionIsRepairedAndReportedOnce() {
        start();
        world.s3.encryption(NAME, FakeS3.OF_NEW);
        world.advance(Duration.ofMinutes(2));

        assertThat(world.s3.bucket(NAME).encryption()).isEqualTo(FakeS3.under(key));
        assertThat(world.reported).containsExactly("repaired BUCKET", "event for orders");
        assertThat(world.repaired).singleElement().satisfies(drift -> {
            assertThat(drift.what()).isEqualTo(DriftRepair.What.BUCKET);
            assertThat(drift.note()).contains("AES256", "was set back", "That happened between 2026-");
            assertThat(drift.lossy()).isFalse();
        });
    }

    @Test
    void whatWasDeletedIsMadeAgainEmpty() {
        start();
        world.s3.delete(NAME);
        refresh();
        assertThat(encrypted().isTrue()).isTrue();
        assertThat(world.repaired)
                .singleElement()
                .satisfies(drift -> assertThat(drift.lossy()).isTrue());
    }

    @Test
    void knowsFromTheStatusWhatWasInPlaceBeforeItStarted() {
        world.s3.put(NAME, new FakeS3.Bucket(true, "us-east-1", FakeS3.OF_NEW, false));
        world.put(request, new LastApplied(Map.of(), Map.of(NAME, FakeS3.under(key)), false));
        world.stabilize();
        assertThat(world.reported).contains("repaired BUCKET");
    }

    @Test
    void withoutItsKeyItCannotBeRepaired() {
        start();
        world.kms.state(key, "Disabled");
        world.refresh(key);
        world.s3.encryption(NAME, FakeS3.OF_NEW);
        refresh();
        assertThat(encrypted().isTrue()).isFalse();
        assertThat(world.reported).isEmpty();
        world.kms.state(key, "Enabled");
        world.refresh(key);
        assertThat(world.reported).containsExactly("repaired BUCKET", "event for orders");
    }

    @Test
    void whatSomebodyElseSetBackIsNotReported() {
        start();
        world.aws.fail("s3:PutBucketEncryption", Trouble.DENIED);
        world.s3.encryption(NAME, FakeS3.OF_NEW);
        refresh();
        assertThat(encrypted().reason()).isEqualTo(Reason.WriteDenied);
        world.s3.encryption(NAME, FakeS3.under(key));
        world.advance(Duration.ofMinutes(1));
        assertThat(encrypted().isTrue()).isTrue();
        assertThat(world.reported).isEmpty();
    }

    /** The first is put back at once, and then ever more slowly, up to five minutes, and for ever. */
    @Test
    void whoSetsItBackEachTimeIsAnsweredEverMoreSlowly() {
        start();
        var pauses = new ArrayList<Duration>();
        Duration last = world.now();
        for (int second = 0; second < 3600; second++) {
            int writes = count("PutBucketEncryption");
            world.s3.encryption(NAME, FakeS3.OF_NEW);
            refresh();
            if (count("PutBucketEncryption") == writes) {
                assertThat(encrypted().message())
                        .contains(NAME, "changed again", "had restored it", "The next repair is at 2026-");
                assertThat(world.judge(request, NAME).result().encryption()).isEqualTo(FakeS3.OF_NEW);
                world.advance(Duration.ofSeconds(1));
            }
            if (count("PutBucketEncryption") > writes) {
                pauses.add(world.now().minus(last));
                last = world.now();
                assertThat(world.repaired).hasSize(pauses.size());
            }
        }
        assertThat(pauses.getFirst()).isZero();
        assertThat(pauses.getLast()).isBetween(Duration.ofSeconds(149), Duration.ofSeconds(301));
        assertThat(pauses).hasSizeBetween(12, 32);
        world.s3.delete(NAME);
        refresh();
        assertThat(encrypted().message()).contains("was deleted again");
        world.advance(Duration.ofMinutes(6));
        assertThat(encrypted().isTrue()).as("it never ends").isTrue();
    }

    @Test
    void asksNoMoreThanThePollWhileS3DoesNotAnswer() {
        start();
        world.s3.delete(NAME);
        world.aws.fail("s3:", Trouble.TIMES_OUT);
        world.advance(Duration.ofMinutes(15));
        assertThat(encrypted().reason()).isEqualTo(Reason.AwsUnavailable);
        assertThat(world.aws.operationsOn(NAME))
                .containsOnly("s3:GetBucketEncryption")
                .hasSizeLessThan(25);

        world.aws.heal();
        world.advance(Duration.ofMinutes(2));
        assertThat(encrypted().isTrue()).isTrue();
    }

    @Test
    void aReadThatTimesOutLeavesWhatIsKnown() {
        world.aws.fail("s3:CreateBucket", Trouble.DENIED);
        world.put(request);
        world.stabilize();
        assertThat(encrypted().reason()).isEqualTo(Reason.WriteDenied);
        world.aws.fail("s3:GetBucketEncryption", Trouble.TIMES_OUT);
        refresh();
        assertThat(encrypted().reason()).isEqualTo(Reason.WriteDenied);
        assertThat(world.judge(request, NAME).isAnswered()).isTrue();
        assertThat(world.snapshot(request, NAME).plannedFor()).isEqualTo(request.uid());
    }

    @Test
    void eachWayInWhichAWriteFailsIsReported() {
        for (var way : Map.of(
                        Trouble.DENIED,
                        Reason.WriteDenied,
                        Trouble.THROTTLED,
                        Reason.Throttled,
                        Trouble.UNAVAILABLE,
                        Reason.AwsUnavailable,
                        Trouble.TIMES_OUT,
                        Reason.AwsUnavailable,
                        Trouble.THROWS,
                        Reason.AwsUnavailable,
                        Trouble.refusedWith("InvalidRequest", "no"),
                        Reason.WriteDenied,
                        new Trouble(
                                false,
                                Duration.ZERO,
                                new io.cmek.operator.aws.AwsError.NotFound(
                                        new io.cmek.operator.aws.AwsError.Detail("s3", "NoSuchBucket", "", null))),
                        Reason.AwsUnavailable)
                .entrySet()) {
            var w = new World();
            w.newKey(1);
            w.aws.fail("s3:PutBucketEncryption", way.getKey());
            w.put(request);
            w.stabilize();
            ConditionResult reported = w.judge(request, NAME).result().encrypted();
            assertThat(reported.reason()).isEqualTo(way.getValue());
            assertThat(w.judge(request, NAME).isAnswered()).isTrue();
            w.advance(Duration.ofMinutes(10));
            assertThat(w.aws.count("s3:CreateBucket")).isEqualTo(1);
            assertThat(w.aws.count("s3:PutBucketEncryption")).as("%s", way).isBetween(8, 25);
            w.aws.heal();
            w.advance(Duration.ofMinutes(2));
            assertThat(w.judge(request, NAME).result().encrypted().isTrue()).isTrue();
        }
    }

    /** At each point around each request the process may end; the next one finishes what is left. */
    @Test
    void aCrashAnywhereIsMadeGoodByTheNextProcess() {
        var crashes = new ArrayList<String>();
        for (int point = 0; ; point++) {
            var w = new World();
            w.newKey(1);
            w.put(request);
            w.aws.crashAt(point);
            try {
                w.stabilize();
            } catch (FakeAws.Crash crash) {
                crashes.add(crash.getMessage());
                w.restart();
                w.stabilize();
            }
            assertThat(w.judge(request, NAME).result().encrypted().isTrue()).isTrue();
            // What S3 itself makes private at once, the next process cannot tell from a bucket of others.
            assertThat(w.repaired).isEmpty();
            if (w.aws.isCrashAhead()) {
                break;
            }
        }
        assertThat(crashes)
                .contains(
                        "s3:CreateBucket is answered",
                        "s3:PutPublicAccessBlock is answered",
                        "s3:PutBucketEncryption is answered");
    }

    @Test
    void twoThatWantOneBucketGetItInTurn() {
        world.put(request);
        EncryptionRequest later = world.put(RequestOf.named("later")
                .data(world.newKey(2))
                .bucket(NAME)
                .createdAt("2026-03-02T10:00:00Z")
                .build());
        world.stabilize();
        assertThat(world.s3.bucket(NAME).encryption()).isEqualTo(FakeS3.under(key));
        assertThat(world.index.judge(later).reason()).isEqualTo(Reason.BucketClaimedByAnother);
        assertThat(world.snapshot(request, NAME).plannedFor()).isEqualTo(request.uid());

        world.remove(request);
        world.stabilize();
        assertThat(world.snapshot(later, NAME).plannedFor()).isEqualTo(later.uid());
        assertThat(world.judge(later, NAME).result().encrypted().reason()).isEqualTo(Reason.BucketUnderAnotherKey);
    }

    @Test
    void oneThatIsNotAcceptedYetIsOnlyRead() {
        EncryptionRequest waiting = world.put(RequestOf.named("orders")
                .data(key)
                .bucket(NAME)
                .eligibility(ConditionResult.pending("It waits."))
                .build());
        world.advance(Duration.ofMinutes(2));
        assertThat(world.aws.operationsOn(NAME)).containsOnly("s3:GetBucketEncryption");
        assertThat(world.snapshot(waiting, NAME).plannedFor()).isNull();
    }

    @Test
    void tellsWhatIsLeftOfAResourceThatWentWhileItWasWritten() {
        world.aws.after = (operation, item) -> {
            if (operation.equals("s3:PutBucketEncryption")) {
                world.remove(request);
            }
        };
        world.put(request);
        world.stabilize();
        assertThat(world.reported)
                .anySatisfy(reported -> assertThat(reported)
                        .startsWith("left behind by orders")
                        .contains("The bucket stays, encrypted with " + key));
        assertThat(world.isEmpty()).isTrue();
    }

    @Test
    void tellsWhenReadsFailWhenWhatWasReadIsTooOldAndWhenTheySucceedAgain() {
        start();
        world.aws.fail("s3:", Trouble.UNAVAILABLE);
        world.advance(Duration.ofMinutes(2));
        assertThat(world.changed).containsExactly(world.item(request, NAME));
        assertThat(encrypted().isTrue()).isTrue();
        world.changed.clear();
        world.advance(Duration.ofMinutes(6));
        assertThat(world.changed).containsExactly(world.item(request, NAME));
        assertThat(encrypted().reason()).isEqualTo(Reason.AwsUnavailable);
        world.changed.clear();
        world.aws.heal();
        world.advance(Duration.ofMinutes(1).plusSeconds(10));
        assertThat(world.changed).isNotEmpty();
        assertThat(encrypted().isTrue()).isTrue();
    }

    @Test
    void partitionsAreAccountsAndRegions() {
        var own = new AwsItem.Bucket(CredentialScope.OWN, "us-east-1", NAME);
        var theirs =
                new AwsItem.Bucket(new CredentialScope("arn:aws:iam::444455556666:role/x", null), "us-west-2", NAME);
        var odd = new AwsItem.Bucket(new CredentialScope("no arn", null), "us-west-2", NAME);
        assertThat(own.partition()).isEqualTo(new WorkerPartition("own", "us-east-1"));
        assertThat(theirs.partition()).isEqualTo(new WorkerPartition("444455556666", "us-west-2"));
        assertThat(odd.partition()).isEqualTo(new WorkerPartition("own", "us-west-2"));
        assertThat(own.compareTo(theirs)).isNotZero();
        assertThat(new AwsItem.Key(key).compareTo(own)).isNegative();
    }

    @Test
    void dualLayerEncryptionUnderTheKeyStays() {
        world.s3.put(
                NAME,
                new FakeS3.Bucket(
                        true, "us-east-1", new Encryption("aws:kms:dsse", key.toString(), false, List.of()), false));
        world.put(request);
        world.stabilize();
        assertThat(encrypted().isTrue()).isTrue();
        assertThat(count("PutBucketEncryption")).isZero();
    }

    private LastApplied recordedByAnotherProcess() {
        return new LastApplied(Map.of(), Map.of(NAME, FakeS3.under(key)), false);
    }

    /** Another process creates and records the bucket after this one has read that there is none. */
    @Test
    void whatWasReadBeforeItWasRecordedIsNoEvidenceOfDrift() {
        world.kms.state(key, "Disabled");
        world.put(request);
        world.stabilize();
        world.s3.put(NAME, new FakeS3.Bucket(true, "us-east-1", FakeS3.under(key), true));
        world.put(request, recordedByAnotherProcess());
        world.kms.state(key, "Enabled");
        world.advance(World.POLL.multipliedBy(2));

        assertThat(encrypted().isTrue()).isTrue();
        assertThat(world.repaired).isEmpty();
    }

    @Test
    void anOutageAfterARestartCostsOneReadAtATime() {
        world.put(request, recordedByAnotherProcess());
        world.aws.fail("s3:GetBucketEncryption", Trouble.THROTTLED);
        world.restart();
        while (world.workOnNext()) {
            // Until all that is due at once is done.
        }

        assertThat(count("GetBucketEncryption")).isEqualTo(1);
    }
}
