package io.cmek.operator.index;

import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.key.KeyArn;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state that the last status of a resource shows as applied. What differs from it has drifted, even if the operator was not running then.
 *
 * @param statements by key, the statements that the operator had put into its policy, as JSON
 * @param buckets by name, their default encryption
 * @param storageClass whether the StorageClass was published
 */
public record LastApplied(Map<KeyArn, List<String>> statements, Map<String, Encryption> buckets, boolean storageClass) {

    /** Nothing is known to have been applied. */
    public static final LastApplied NOTHING = new LastApplied(Map.of(), Map.of(), false);

    public LastApplied {
        statements = Collections.unmodifiableMap(new TreeMap<>(statements));
        buckets = Collections.unmodifiableMap(new TreeMap<>(buckets));
    }
}
