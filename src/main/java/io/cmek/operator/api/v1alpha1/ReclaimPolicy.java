package io.cmek.operator.api.v1alpha1;

/** What Kubernetes does with a volume whose claim is deleted: the reclaim policy of the StorageClass. */
public enum ReclaimPolicy {
    /** The volume stays and has to be deleted by a person. */
    Retain,
    /** The volume and its data are deleted. */
    Delete
}
