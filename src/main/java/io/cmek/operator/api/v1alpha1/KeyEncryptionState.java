package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

/** The state of one key in status.keys (R4). */
public enum KeyEncryptionState {
    /** In progress, or waiting for something that needs no user action. */
    PENDING,
    /** The key is usable, its policy is applied, access is verified, and everything that the key is for is encrypted with it. */
    ENABLED,
    /** Requires user action. */
    FAILED,
    /** The resource was ENABLED, but the operator could not read AWS for longer than {@code cmek.facts-max-age}. */
    UNKNOWN;

    /** Parses a value of a status; null, as if the field were absent, for a value that this version does not know. */
    @JsonCreator
    static @Nullable KeyEncryptionState of(String name) {
        return UnknownValue.named(values(), name).orElse(null);
    }
}
