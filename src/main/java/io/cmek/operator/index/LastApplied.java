package io.cmek.operator.index;

import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.key.KeyArn;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The last applied state, as the last status shows it. A difference from it is drift, even if it happened while the operator was not running.
 *
 * @param statements by key, the statements that the operator had applied to its policy, as JSON
 * @param buckets by name, their default encryption
 * @param storageClass whether the StorageClass was published
 */
public record LastApplied(Map<KeyArn, List<String>> statements, Map<String, Encryption> buckets, boolean storageClass) {

    /** No applied state is known. */
    public static final LastApplied NOTHING = new LastApplied(Map.of(), Map.of(), false);

    public LastApplied {
        statements = Collections.unmodifiableMap(new TreeMap<>(statements));
        buckets = Collections.unmodifiableMap(new TreeMap<>(buckets));
    }
}
