package io.cmek.operator.api.v1alpha1;

/** Who creates the buckets. */
public enum Provisioning {
    /** The operator creates a bucket that does not exist yet; one that exists is adopted. */
    Create,
    /** The buckets must exist; a missing one is reported. */
    Existing
}
