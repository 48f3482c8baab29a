package io.cmek.operator.api.v1alpha1;

/** What a key or a bucket is for. */
public enum Purpose {
    /** The data bucket and the EBS volumes. */
    Data,
    /** The backup bucket. */
    Backup,
    /** The data key of the primary region, which the secondary region reads with (R9). Keys of a ReplicaCmek only. */
    Primary
}
