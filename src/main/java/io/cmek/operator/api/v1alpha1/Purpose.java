package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

/** What a key or a bucket is for. */
public enum Purpose {
    /** The data bucket and the EBS volumes. */
    Data,
    /** The backup bucket. */
    Backup,
    /** The data key of the primary region, which the secondary region uses for replication (R9). Only in the status of a ReplicaCmek. */
    Primary;

    /** Parses a value of a status; null, as if the field were absent, for a value that this version does not know. */
    @JsonCreator
    static @Nullable Purpose of(String name) {
        return UnknownValue.named(values(), name).orElse(null);
    }
}
