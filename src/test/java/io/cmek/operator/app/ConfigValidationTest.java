package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigValidationTest {

    private static final Duration LEAST = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1M", "PT0.999S"})
    void namesWhatIsTooShort(Duration value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConfigValidation.atLeast(LEAST, "cmek.resync-interval", value))
                .withMessage("cmek.resync-interval is '" + value.toMillis() + "ms'; expected 1s or more.");
    }

    @Test
    void takesTheLeast() {
        assertThat(ConfigValidation.atLeast(LEAST, "cmek.resync-interval", LEAST))
                .isEqualTo(LEAST);
    }
}
