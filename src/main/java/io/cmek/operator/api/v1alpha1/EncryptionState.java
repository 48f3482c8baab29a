package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

/** Whether the data of a resource is encrypted with its customer-managed keys; one value for the whole resource. */
public enum EncryptionState {
    /** The spec has no CMEK. */
    DISABLED,
    /** In progress, or waiting for something that needs no user action. */
    PENDING,
    /** Every key is usable, and everything that it is for is encrypted with it. */
    ENABLED,
    /** It was ENABLED and has a fault now; data exists under the key. */
    DEGRADED,
    /** It was never ENABLED and requires user action. */
    FAILED,
    /** It was ENABLED, but the operator could not read AWS for longer than {@code cmek.facts-max-age}. No fault was observed. */
    UNKNOWN;

    /** Whether the resource was ever ENABLED: then data may exist under its keys. */
    public boolean isEnabledOnce() {
        return switch (this) {
            case ENABLED, DEGRADED, UNKNOWN -> true;
            case DISABLED, PENDING, FAILED -> false;
        };
    }

    /** Parses a value of a status; null, as if the field were absent, for a value that this version does not know. */
    @JsonCreator
    static @Nullable EncryptionState of(String name) {
        return UnknownValue.named(values(), name).orElse(null);
    }
}
