package io.cmek.operator.api.v1alpha1;

/** Who writes the statements that the service needs into the policies of the keys (R3). */
public enum PolicyManagement {
    /** The operator merges the statements into the key policy and repairs drift. */
    Managed,
    /** The operator only publishes the statements in the status; the owner of the key applies them. */
    Publish
}
