package io.cmek.operator.controller;

import io.cmek.operator.awscontrol.Observation;
import io.cmek.operator.key.KeyArn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The failed AWS reads of one resource.
 *
 * @param since the start of the current series of failed reads, null where all reads succeed
 * @param neverRead whether this process has never read at least one of them successfully
 * @param keys that cannot be read
 * @param buckets names of the buckets that cannot be read
 * @param reliedUntil when each earlier read expires
 */
public record ReadFailures(
        @Nullable Instant since,
        boolean neverRead,
        SortedSet<KeyArn> keys,
        SortedSet<String> buckets,
        List<Instant> reliedUntil) {

    public static final ReadFailures NOTHING =
            new ReadFailures(null, false, Collections.emptySortedSet(), Collections.emptySortedSet(), List.of());

    public ReadFailures {
        reliedUntil = List.copyOf(reliedUntil);
    }

    ReadFailures plus(KeyArn key, Observation<?> observation, Duration maxAge) {
        return observation.failingSince() == null ? this : plus(observation, maxAge, key, null);
    }

    ReadFailures plus(String bucket, Observation<?> observation, Duration maxAge) {
        return observation.failingSince() == null ? this : plus(observation, maxAge, null, bucket);
    }

    /** The same, with the time since which the first response is missing. */
    ReadFailures unansweredSince(Instant asked) {
        return new ReadFailures(earlier(since, asked), true, keys, buckets, reliedUntil);
    }

    private ReadFailures plus(
            Observation<?> observation, Duration maxAge, @Nullable KeyArn key, @Nullable String bucket) {
        var moreKeys = new TreeSet<>(keys);
        var moreBuckets = new TreeSet<>(buckets);
        if (key != null) {
            moreKeys.add(key);
        }
        if (bucket != null) {
            moreBuckets.add(bucket);
        }
        var relied = new ArrayList<>(reliedUntil);
        if (observation.seenAt() != null) {
            relied.add(observation.seenAt().plus(maxAge));
        }
        return new ReadFailures(
                earlier(since, observation.failingSince()),
                neverRead || observation.lastSeen() == null,
                moreKeys,
                moreBuckets,
                relied);
    }

    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        return one == null || (other != null && other.isBefore(one)) ? other : one;
    }
}
