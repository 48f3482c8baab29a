package io.cmek.operator.api.v1alpha1;

/** Who writes the statements that the service needs into the policies of the keys (R3). */
public enum PolicyManagement {
    /** The operator merges them into the key policy and keeps them there. */
    Managed,
    /** The operator only shows them; the owner of the key applies them. */
    Publish
}
