package io.cmek.operator.awscontrol;

import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.condition.ConditionResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a bucket at one moment, after the controller did what it could. It does not change.
 *
 * @param plannedFor the uid of the resource for which it was planned, null where it was only read
 * @param keyReady whether the key was ready at that plan: without it nothing is written
 * @param notApplied why the plan was not carried out, null where it was, or where there was nothing to do
 */
public record BucketSnapshot(
        Observation<BucketFacts> facts,
        @Nullable String plannedFor,
        boolean keyReady,
        @Nullable ConditionResult notApplied) {

    /** What is known of a bucket that was never read. */
    public static final BucketSnapshot NEVER = new BucketSnapshot(Observation.never(), null, false, null);

    /** What this says, without what differs from read to read although nothing changed. */
    Object says(Instant now, Duration maxAge) {
        return Arrays.asList(facts.says(now, maxAge), facts.failingSince() == null, plannedFor, keyReady, notApplied);
    }

    /** The snapshots of the buckets that are named now. */
    @FunctionalInterface
    public interface Source {

        /** What is known of the bucket; {@link #NEVER} where it was not read yet. */
        BucketSnapshot of(AwsItem.Bucket bucket);
    }
}
