package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

/** What a key or a bucket is for. */
public enum Purpose {
    /** The data bucket and the EBS volumes. */
    Data,
    /** The backup bucket. */
    Backup,
    /** The data key of the primary region, which the secondary region reads with (R9). Keys of a ReplicaCmek only. */
    Primary;

    /** As a status has it; null, which is as if it were absent, where this version does not know it. */
    @JsonCreator
    static @Nullable Purpose of(String name) {
        return UnknownValue.named(values(), name).orElse(null);
    }
}
