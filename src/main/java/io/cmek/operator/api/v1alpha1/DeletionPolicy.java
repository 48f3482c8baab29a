package io.cmek.operator.api.v1alpha1;

/** What happens to the statements of the operator in the key policies when the resource is deleted. */
public enum DeletionPolicy {
    /** The statements stay, so that no data becomes unreadable because a manifest was pruned. */
    Retain,
    /** The operator removes the statements that no other resource requires. */
    Release
}
