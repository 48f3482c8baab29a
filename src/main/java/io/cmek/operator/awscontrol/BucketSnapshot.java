package io.cmek.operator.awscontrol;

import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.condition.ConditionResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Observed state of a bucket after the controller's last turn. Immutable.
 *
 * @param plannedFor uid of the resource for which the controller planned, null if it only read the bucket
 * @param keyReady whether the key was ready at that plan; without it the controller writes nothing
 * @param notApplied why the controller did not carry out the plan, null if it did or if there was nothing to do
 */
public record BucketSnapshot(
        Observation<BucketFacts> facts,
        @Nullable String plannedFor,
        boolean keyReady,
        @Nullable ConditionResult notApplied) {

    /** The snapshot of a bucket that was never read. */
    public static final BucketSnapshot NEVER = new BucketSnapshot(Observation.never(), null, false, null);

    /** Fingerprint of the content, without what differs between reads although nothing changed. */
    Object says(Instant now, Duration maxAge) {
        return Arrays.asList(facts.says(now, maxAge), facts.failingSince() == null, plannedFor, keyReady, notApplied);
    }

    /** The snapshots of the buckets that a request names now. */
    @FunctionalInterface
    public interface Source {

        /** The snapshot of the bucket, or {@link #NEVER} before the first read. */
        BucketSnapshot of(AwsItem.Bucket bucket);
    }
}
