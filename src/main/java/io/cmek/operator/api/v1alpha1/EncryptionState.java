package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

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
    FAILED,
    /** It was enabled, and AWS could not be read for longer than {@code cmek.facts-max-age}: that is no sign of damage. */
    UNKNOWN;

    /** Whether the resource was enabled once: then data may exist under its keys. */
    public boolean isEnabledOnce() {
        return switch (this) {
            case ENABLED, DEGRADED, UNKNOWN -> true;
            case DISABLED, PENDING, FAILED -> false;
        };
    }

    /** As a status has it; null, which is as if it were absent, where this version does not know it. */
    @JsonCreator
    static @Nullable EncryptionState of(String name) {
        return UnknownValue.named(values(), name).orElse(null);
    }
}
