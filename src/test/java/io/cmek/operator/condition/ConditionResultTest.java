package io.cmek.operator.condition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.cmek.operator.aws.AwsError;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionResultTest {

    private static final ConditionResult GOOD = ConditionResult.ofTrue(Reason.KeysUsable, "Good.");
    private static final ConditionResult PENDING = ConditionResult.pending("Pending.");
    private static final ConditionResult UNKNOWN = ConditionResult.ofUnknown(Reason.AwsUnavailable, "No answer.");
    private static final ConditionResult BAD = ConditionResult.ofFalse(Reason.KeyUnavailable, "Bad.");
    private static final ConditionResult WORSE = ConditionResult.ofFalse(Reason.KeyDisabled, "Disabled.");

    @Test
    void whatIsWrongOutweighsWhatIsUnknownAndThatWhatIsGood() {
        assertThat(ConditionResult.worst(List.of(GOOD, UNKNOWN, BAD))).isEqualTo(BAD);
        assertThat(ConditionResult.worst(List.of(GOOD, UNKNOWN, GOOD))).isEqualTo(UNKNOWN);
        assertThat(ConditionResult.worst(List.of(GOOD, GOOD))).isEqualTo(GOOD);
    }

    @Test
    void whatNeedsAPersonGivesTheReasonAndAllAreSaid() {
        assertThat(ConditionResult.worst(List.of(BAD, WORSE, BAD, UNKNOWN)))
                .isEqualTo(ConditionResult.ofFalse(Reason.KeyDisabled, "Bad. Disabled."));
    }

    @Test
    void whatIsMerelyPendingIsNotSaidBesideWhatFailed() {
        assertThat(ConditionResult.worst(List.of(UNKNOWN, PENDING))).isEqualTo(UNKNOWN);
        assertThat(ConditionResult.worst(List.of(PENDING, PENDING))).isEqualTo(PENDING);
    }

    @Test
    void aFailureIsNotHiddenBehindSomethingPending() {
        assertThat(ConditionResult.worst(List.of(PENDING, UNKNOWN))).isEqualTo(UNKNOWN);
    }

    @Test
    void nothingCannotBeSummedUp() {
        assertThatIllegalArgumentException().isThrownBy(() -> ConditionResult.worst(List.of()));
    }

    @Test
    void anUnreadableItemSaysWhyAndSinceWhen() {
        var detail = new AwsError.Detail("kms:DescribeKey", "AccessDeniedException", "User is not authorized", "id-1");

        assertThat(ConditionResult.readFailed(
                        "The key k", new AwsError.Denied(detail), Instant.parse("2026-03-01T10:00:00.9Z")))
                .isEqualTo(ConditionResult.ofUnknown(
                        Reason.AccessDenied,
                        "The key k could not be read: kms:DescribeKey: AccessDeniedException: User is not authorized."
                                + " Last read at 2026-03-01T10:00:00Z. Allow the operator's role kms:DescribeKey. Until then it sees no"
                                + " change."));
        assertThat(ConditionResult.readFailed("The key k", new AwsError.Throttled(detail), null)
                        .reason())
                .isEqualTo(Reason.Throttled);
        assertThat(List.of(
                        new AwsError.Unavailable(detail), new AwsError.Rejected(detail), new AwsError.NotFound(detail)))
                .allSatisfy(failure -> assertThat(ConditionResult.readFailed("The key k", failure, null))
                        .satisfies(j -> assertThat(j.reason()).isEqualTo(Reason.AwsUnavailable))
                        .satisfies(j -> assertThat(j.message()).doesNotContain("Last seen")));
    }
}
