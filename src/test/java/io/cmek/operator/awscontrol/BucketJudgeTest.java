package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.request.BucketUse;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BucketJudgeTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final String REGION = "us-east-1";
    private static final String UID = "uid-of-orders";
    private static final BucketUse USE = new BucketUse(Purpose.Data, "orders-data", World.key(1), Provisioning.Create);
    private static final BucketFacts IN_PLACE = new BucketFacts.Present(FakeS3.under(World.key(1)));
    private static final BucketFacts PLAIN = new BucketFacts.Present(FakeS3.OF_NEW);
    private static final ConditionResult REFUSED = ConditionResult.ofFalse(Reason.WriteDenied, "no");

    private final BucketJudge judge = new BucketJudge(MAX_AGE);

    private static BucketSnapshot of(
            BucketFacts facts, @Nullable String plannedFor, boolean keyReady, @Nullable ConditionResult notApplied) {
        return new BucketSnapshot(Observation.seen(facts, NOW), plannedFor, keyReady, notApplied);
    }

    private BucketJudge.Judged judge(boolean keyReady, BucketSnapshot snapshot) {
        return judge.judge(UID, USE, REGION, keyReady, snapshot, NOW);
    }

    @Test
    void whatWasNeverReadIsNotAnswered() {
        var judged = judge(true, BucketSnapshot.NEVER);
        assertThat(judged.isAnswered()).isFalse();
        assertThat(judged.result().encrypted().message()).contains("waiting for the first response from AWS");
        assertThat(judge.inspect(USE, REGION, BucketSnapshot.NEVER, NOW).isAnswered())
                .isFalse();
    }

    @Test
    void whatIsInPlaceIsGoodWhoeverPlannedIt() {
        var judged = judge(false, of(IN_PLACE, null, false, REFUSED));
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().encrypted().reason()).isEqualTo(Reason.BucketsEncrypted);
        assertThat(judged.result().isUnder(World.key(1))).isTrue();
    }

    @Test
    void whatMayNotBeTouchedIsSaid() {
        var judged = judge(true, of(new BucketFacts.OwnedByAnotherAccount(), null, false, null));
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().encrypted().reason()).isEqualTo(Reason.BucketOwnedByAnotherAccount);
        assertThat(judged.result().encryption()).isNull();
    }

    @Test
    void withoutItsKeyItWaitsAndThatIsAnAnswer() {
        for (BucketFacts facts : new BucketFacts[] {PLAIN, new BucketFacts.Absent()}) {
            var judged = judge(false, of(facts, UID, false, REFUSED));
            assertThat(judged.isAnswered()).isTrue();
            assertThat(judged.result().encrypted().reason())
                    .as("why it was not written before is past")
                    .isEqualTo(Reason.Pending);
        }
    }

    @Test
    void withItsKeyItIsAnsweredWhenItWasPlannedForTheRequestWithTheKeyReady() {
        assertThat(judge(true, of(PLAIN, UID, true, null)).isAnswered()).isTrue();
        assertThat(judge(true, of(PLAIN, UID, false, null)).isAnswered())
                .as("the key was not ready then")
                .isFalse();
        assertThat(judge(true, of(PLAIN, "another", true, null)).isAnswered()).isFalse();
        assertThat(judge(true, of(PLAIN, null, false, null)).isAnswered()).isFalse();
    }

    @Test
    void whyItWasNotWrittenIsSaidOfTheRequestForWhichItWasTried() {
        var judged = judge(true, of(PLAIN, UID, true, REFUSED));
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().encrypted()).isEqualTo(REFUSED);
        assertThat(judged.result().encryption()).isEqualTo(FakeS3.OF_NEW);
        var others = judge(true, of(PLAIN, "another", true, REFUSED));
        assertThat(others.result().encrypted().reason()).isEqualTo(Reason.Pending);
    }

    @Test
    void whatCannotBeReadIsUnknownWhenWhatWasReadIsTooOld() {
        var failure = new AwsError.Denied(new AwsError.Detail("s3:GetBucketEncryption", "AccessDenied", "", null));
        Observation<BucketFacts> failing =
                Observation.<BucketFacts>seen(IN_PLACE, NOW).then(new AwsResult.Error<>(failure), NOW);
        var snapshot = new BucketSnapshot(failing, UID, true, null);
        assertThat(judge(true, snapshot).result().encrypted().isTrue()).isTrue();
        Instant later = NOW.plus(MAX_AGE).plusMillis(1);
        var judged = judge.judge(UID, USE, REGION, true, snapshot, later);
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().encrypted().reason()).isEqualTo(Reason.AccessDenied);
        var inspected = judge.inspect(USE, REGION, snapshot, later);
        assertThat(inspected.isAnswered()).isTrue();
        assertThat(inspected.result().encrypted().reason()).isEqualTo(Reason.AccessDenied);
    }

    @Test
    void whoIsNotServedYetSeesOnlyWhatIsInTheWay() {
        var waiting = judge.inspect(USE, REGION, of(PLAIN, null, false, null), NOW);
        assertThat(waiting.isAnswered()).isTrue();
        assertThat(waiting.result().encrypted().reason()).isEqualTo(Reason.Pending);
        assertThat(waiting.result().encryption()).isNull();
        var taken = judge.inspect(USE, REGION, of(new BucketFacts.InAnotherRegion(""), null, false, null), NOW);
        assertThat(taken.result().encrypted().reason()).isEqualTo(Reason.BucketInAnotherRegion);
    }
}
