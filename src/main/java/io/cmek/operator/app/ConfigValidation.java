package io.cmek.operator.app;

import java.time.Duration;

/** Validates settings that parse but are out of range. */
final class ConfigValidation {

    private ConfigValidation() {}

    /**
     * Returns the value if it is at least the minimum.
     *
     * @param least the minimum, in whole seconds
     * @throws IllegalArgumentException if the value is lower; the message names the property and the value
     */
    static Duration atLeast(Duration least, String property, Duration value) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException(
                    "%s is '%dms'; expected %ds or more.".formatted(property, value.toMillis(), least.toSeconds()));
        }
        return value;
    }
}
