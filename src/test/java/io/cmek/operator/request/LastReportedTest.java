package io.cmek.operator.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LastReportedTest {

    @ParameterizedTest
    @EnumSource
    void whatWasEnabledOnceServesEverythingInItsSpec(EncryptionState encryption) {
        WorkgroupStatus status = status(encryption, KeyEncryptionState.PENDING);

        assertThat(LastReported.of(status))
                .isEqualTo(
                        encryption.isEnabledOnce()
                                ? new LastReported(true, status.keys(), List.of())
                                : LastReported.NEVER);
    }

    /** A line is UNKNOWN only where it was ENABLED: blindness takes no access away. */
    @ParameterizedTest
    @EnumSource(
            value = KeyEncryptionState.class,
            names = {"ENABLED", "UNKNOWN"})
    void aKeyWhoseLineWasEnabledIsServed(KeyEncryptionState line) {
        WorkgroupStatus status = status(EncryptionState.PENDING, line);

        assertThat(LastReported.of(status)).isEqualTo(new LastReported(false, status.keys(), List.of()));
    }

    private static WorkgroupStatus status(EncryptionState encryption, KeyEncryptionState line) {
        return new WorkgroupStatus(
                1L,
                encryption,
                List.of(new KeyStatus(Purpose.Data, TestRequests.KEY.toString(), line, "Enabled", false, "{}")),
                List.of(),
                null,
                null,
                null,
                List.of());
    }
}
