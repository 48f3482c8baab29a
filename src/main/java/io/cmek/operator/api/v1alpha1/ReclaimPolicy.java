package io.cmek.operator.api.v1alpha1;

/** The reclaim policy of the StorageClass: what Kubernetes does with a volume whose PersistentVolumeClaim is deleted. */
public enum ReclaimPolicy {
    /** The volume stays until somebody deletes it. */
    Retain,
    /** The volume and its data are deleted. */
    Delete
}
