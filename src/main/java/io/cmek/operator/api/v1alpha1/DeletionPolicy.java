package io.cmek.operator.api.v1alpha1;

/** What happens to the operator's statements in the key policies when the resource is deleted. */
public enum DeletionPolicy {
    /** Nothing in AWS is touched, so no data becomes unreadable because a manifest was pruned. */
    Retain,
    /** The statements are taken back, as far as no other resource needs them. */
    Release
}
