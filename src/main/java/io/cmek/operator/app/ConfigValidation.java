package io.cmek.operator.app;

import java.time.Duration;

/** Settings that can be read and make no sense. */
final class ConfigValidation {

    private ConfigValidation() {}

    /**
     * @param least in whole seconds
     * @throws IllegalArgumentException where the value is below; the message names property and value
     */
    static Duration atLeast(Duration least, String property, Duration value) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException(
                    "%s is '%dms'; expected %ds or more.".formatted(property, value.toMillis(), least.toSeconds()));
        }
        return value;
    }
}
