package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awscontrol.Observation.Known;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketPlan;
import io.cmek.operator.bucket.BucketResult;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.request.BucketUse;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates a bucket for one request, from the snapshot of the bucket alone.
 *
 * @param factsMaxAge how long the last good read stays valid while reads fail
 */
public record BucketJudge(Duration factsMaxAge) {

    /**
     * The result for a bucket of one request.
     *
     * @param isAnswered whether the bucket controller has nothing left to do for the request; false if a change follows soon
     */
    public record Judged(BucketResult result, boolean isAnswered) {}

    /**
     * Evaluates the bucket for an accepted request.
     *
     * @param uid of the resource
     * @param keyReady whether the bucket's key may be used
     */
    public Judged judge(
            String uid, BucketUse use, String region, boolean keyReady, BucketSnapshot snapshot, Instant now) {
        boolean isPlanned = uid.equals(snapshot.plannedFor()) && snapshot.keyReady() == keyReady;
        ConditionResult notApplied = uid.equals(snapshot.plannedFor()) ? snapshot.notApplied() : null;
        return switch (snapshot.facts().at(now, factsMaxAge)) {
            case Known.Fresh<BucketFacts>(BucketFacts facts) ->
                switch (BucketPlan.of(use, region, facts)) {
                    case BucketPlan.Nothing(Encryption encryption) ->
                        new Judged(
                                new BucketResult(
                                        use,
                                        encryption,
                                        ConditionResult.ofTrue(
                                                Reason.BucketsEncrypted,
                                                use.label() + " is encrypted with " + use.key() + ".")),
                                true);
                    case BucketPlan.Refuse(ConditionResult why) -> new Judged(new BucketResult(use, null, why), true);
                    case BucketPlan.Encrypt(Encryption current) ->
                        open(use, current, keyReady, isPlanned, notApplied, "encrypted");
                    case BucketPlan.Create() -> open(use, null, keyReady, isPlanned, notApplied, "created");
                };
            case Known.Unavailable<BucketFacts>(AwsError failure, Instant since) ->
                new Judged(new BucketResult(use, null, ConditionResult.readFailed(use.label(), failure, since)), true);
            case Known.NotObserved<BucketFacts>() ->
                new Judged(new BucketResult(use, null, ConditionResult.notYetObserved(use.label())), false);
        };
    }

    private static Judged open(
            BucketUse use,
            @Nullable Encryption current,
            boolean keyReady,
            boolean isPlanned,
            @Nullable ConditionResult notApplied,
            String done) {
        if (keyReady && notApplied != null) {
            return new Judged(new BucketResult(use, current, notApplied), true);
        }
        return new Judged(
                new BucketResult(
                        use,
                        current,
                        ConditionResult.pending(use.label() + " will be " + done + " when its key is ready.")),
                !keyReady || isPlanned);
    }

    /** Evaluates the bucket for a request that is not yet accepted. */
    public Judged inspect(BucketUse use, String region, BucketSnapshot snapshot, Instant now) {
        return switch (snapshot.facts().at(now, factsMaxAge)) {
            case Known.Fresh<BucketFacts>(BucketFacts facts) ->
                new Judged(
                        BucketPlan.of(use, region, facts) instanceof BucketPlan.Refuse(ConditionResult why)
                                ? new BucketResult(use, null, why)
                                : new BucketResult(
                                        use,
                                        null,
                                        ConditionResult.pending(
                                                use.label() + ": waiting for the conditions Accepted and KeysUsable.")),
                        true);
            case Known.Unavailable<BucketFacts>(AwsError failure, Instant since) ->
                new Judged(new BucketResult(use, null, ConditionResult.readFailed(use.label(), failure, since)), true);
            case Known.NotObserved<BucketFacts>() ->
                new Judged(new BucketResult(use, null, ConditionResult.notYetObserved(use.label())), false);
        };
    }
}
