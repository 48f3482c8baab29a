package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import org.jspecify.annotations.Nullable;

/** The state of one key, as one line of the status (R4). */
public enum KeyEncryptionState {
    /** Work goes on, or it waits for something that may come by itself. */
    PENDING,
    /** Valid, its policy in place, access shown, and what it encrypts is encrypted. */
    ENABLED,
    /** A person has to act. */
    FAILED,
    /** The resource was enabled, and AWS could not be read for longer than {@code cmek.facts-max-age}. */
    UNKNOWN;

    /** As a status has it; null, which is as if it were absent, where this version does not know it. */
    @JsonCreator
    static @Nullable KeyEncryptionState of(String name) {
        return UnknownValue.named(values(), name).orElse(null);
    }
}
