package io.cmek.operator.api.v1alpha1;

/** Who creates the buckets. */
public enum Provisioning {
    /** The operator creates a missing bucket, and adopts an existing one. */
    Create,
    /** The buckets must exist; the operator reports a missing one. */
    Existing
}
