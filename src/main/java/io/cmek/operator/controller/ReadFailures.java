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
 * What of one resource AWS does not let the operator read now.
 *
 * @param since the first failed read of those that failed in a row until now; null where everything can be read
 * @param neverRead whether this process never read some of it
 * @param keys that cannot be read
 * @param buckets by name, that cannot be read
 * @param reliedUntil until when each fact is relied upon that was read before
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

    /** The same, where AWS has not answered at all yet. */
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
