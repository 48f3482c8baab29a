package io.cmek.operator.api.v1alpha1;

/** The state of one key, as one line of the status (R4). */
public enum KeyLineState {
    /** Work goes on, or it waits for something that may come by itself. */
    PENDING,
    /** Valid, its policy in place, access shown, and what it encrypts is encrypted. */
    ENABLED,
    /** A person has to act. */
    FAILED
}
