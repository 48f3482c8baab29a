package io.cmek.operator.claim;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.key.KeyArn;
import java.util.Map;

/** The volumes of a claim: the StorageClass that encrypts them with the data key. */
public record VolumeUse(
        String storageClassName, KeyArn key, Map<String, String> parameters, ReclaimPolicy reclaimPolicy) {

    public VolumeUse {
        parameters = Map.copyOf(parameters);
    }
}
