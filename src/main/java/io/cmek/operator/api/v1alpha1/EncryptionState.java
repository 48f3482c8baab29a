package io.cmek.operator.api.v1alpha1;

/** Whether the data of a resource is under its customer-managed keys: one word for the whole resource. */
public enum EncryptionState {
    /** The resource asks for no CMEK. */
    DISABLED,
    /** Work goes on, or it waits for something that may come by itself. */
    PENDING,
    /** Every key is usable and everything it is for is encrypted with it. */
    ENABLED,
    /** It was enabled, and something is wrong now: data exists under this key. */
    DEGRADED,
    /** It was never enabled, and a person has to act. */
    FAILED
}
