package io.cmek.operator.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ServedTest {

    @ParameterizedTest
    @EnumSource
    void whatWasEnabledOnceServesEverythingInItsSpec(EncryptionState encryption) {
        WorkgroupStatus status = status(encryption, KeyLineState.PENDING);

        assertThat(Served.of(status))
                .isEqualTo(encryption.isEnabledOnce() ? new Served(true, status.keys(), List.of()) : Served.NEVER);
    }

    /** A line is UNKNOWN only where it was ENABLED: blindness takes no access away. */
    @ParameterizedTest
    @EnumSource(
            value = KeyLineState.class,
            names = {"ENABLED", "UNKNOWN"})
    void aKeyWhoseLineWasEnabledIsServed(KeyLineState line) {
        WorkgroupStatus status = status(EncryptionState.PENDING, line);

        assertThat(Served.of(status)).isEqualTo(new Served(false, status.keys(), List.of()));
    }

    private static WorkgroupStatus status(EncryptionState encryption, KeyLineState line) {
        return new WorkgroupStatus(
                1L,
                encryption,
                List.of(new KeyStatus(Purpose.Data, ClaimsOf.KEY.toString(), line, "Enabled", false, "{}")),
                List.of(),
                null,
                null,
                null,
                List.of());
    }
}
