package io.cmek.operator.pipeline;

import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Grants;
import java.util.Map;

/**
 * What the last status says was in place: what is not so any more has drifted, whether the operator was running then or not.
 *
 * @param granted what the policies gave, by key
 * @param buckets their default encryption, by name
 * @param storageClass what it says of the StorageClass
 */
public record Baseline(
        Map<KeyArn, Grants> granted, Map<String, Encryption> buckets, StorageClassPublisher.Before storageClass) {

    /** Nothing is known to have been in place. */
    public static final Baseline NONE = new Baseline(Map.of(), Map.of(), StorageClassPublisher.Before.NOTHING);

    public Baseline {
        granted = Map.copyOf(granted);
        buckets = Map.copyOf(buckets);
    }
}
