package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventNotificationTest {

    @Test
    void whatWasEnabledAndCannotBeReadIsAWarningAndItsEndIsNone() {
        WorkgroupStatus enabled = status(EncryptionState.ENABLED, "True", "Ready", "All is well.");
        WorkgroupStatus unknown = status(EncryptionState.UNKNOWN, "Unknown", "AwsUnavailable", "KMS does not answer.");

        assertThat(EventNotification.between(enabled, unknown))
                .containsExactly(new EventNotification(
                        true,
                        "EncryptionUnknown",
                        "ReportEncryption",
                        "Encryption is UNKNOWN, was ENABLED. KMS does not answer."));
        assertThat(EventNotification.between(unknown, enabled))
                .containsExactly(new EventNotification(
                        false, "EncryptionEnabled", "ReportEncryption", "Encryption is ENABLED, was UNKNOWN."));
        assertThat(EventNotification.between(unknown, unknown)).isEmpty();
    }

    @Test
    void inAnOutageAChangeOfTheReasonIsNoNews() {
        WorkgroupStatus unavailable = blind("Unknown", "AwsUnavailable", "KMS does not answer.");
        WorkgroupStatus throttled = blind("Unknown", "Throttled", "KMS is asked too often.");

        assertThat(EventNotification.between(unavailable, throttled)).isEmpty();
        assertThat(EventNotification.isReworded(unavailable, throttled)).isTrue();
    }

    @Test
    void theBeginningOfAnOutageAndAnotherReasonAreNews() {
        WorkgroupStatus usable = blind("True", "KeysUsable", "All is well.");
        WorkgroupStatus unavailable = blind("Unknown", "AwsUnavailable", "KMS does not answer.");
        WorkgroupStatus denied = blind("Unknown", "AccessDenied", "KMS denies it.");

        assertThat(EventNotification.between(usable, unavailable)).hasSize(1);
        assertThat(EventNotification.between(unavailable, denied)).hasSize(1);
        assertThat(EventNotification.isReworded(usable, unavailable)).isFalse();
        assertThat(EventNotification.isReworded(unavailable, denied)).isFalse();
    }

    /** What else a status says is not only words. */
    @Test
    void aStatusThatSaysSomethingElseIsNotReworded() {
        WorkgroupStatus unavailable = blind("Unknown", "AwsUnavailable", "KMS does not answer.");

        assertThat(EventNotification.isReworded(null, unavailable)).isFalse();
        assertThat(EventNotification.isReworded(unavailable, unavailable.withConditions(List.of())))
                .isFalse();
        assertThat(EventNotification.isReworded(
                        unavailable, status(EncryptionState.ENABLED, "Unknown", "AwsUnavailable", "Another.")))
                .isFalse();
    }

    private static WorkgroupStatus blind(String status, String reason, String message) {
        return status(EncryptionState.UNKNOWN, status, reason, message)
                .withConditions(
                        List.of(new Condition("KeysUsable", status, reason, message, 1L, "2026-03-01T10:00:00Z")));
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
