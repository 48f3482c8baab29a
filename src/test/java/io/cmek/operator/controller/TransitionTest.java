package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransitionTest {

    @Test
    void whatWasEnabledAndCannotBeReadIsAWarningAndItsEndIsNone() {
        WorkgroupStatus enabled = status(EncryptionState.ENABLED, "True", "Ready", "All is well.");
        WorkgroupStatus unknown = status(EncryptionState.UNKNOWN, "Unknown", "AwsUnavailable", "KMS does not answer.");

        assertThat(Transition.between(enabled, unknown))
                .containsExactly(new Transition(
                        true,
                        "EncryptionUnknown",
                        "ReportEncryption",
                        "Encryption is UNKNOWN, was ENABLED. KMS does not answer."));
        assertThat(Transition.between(unknown, enabled))
                .containsExactly(new Transition(
                        false, "EncryptionEnabled", "ReportEncryption", "Encryption is ENABLED, was UNKNOWN."));
        assertThat(Transition.between(unknown, unknown)).isEmpty();
    }

    private static WorkgroupStatus status(EncryptionState encryption, String ready, String reason, String message) {
        return new WorkgroupStatus(
                1L,
                encryption,
                List.of(),
                List.of(),
                null,
                null,
                null,
                List.of(new Condition("Ready", ready, reason, message, 1L, "2026-03-01T10:00:00Z")));
    }
}
