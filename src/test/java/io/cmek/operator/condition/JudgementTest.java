package io.cmek.operator.condition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.cmek.operator.aws.Failure;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class JudgementTest {

    private static final Judgement GOOD = Judgement.good(Reason.KeysUsable, "Good.");
    private static final Judgement PENDING = Judgement.pending("Pending.");
    private static final Judgement UNKNOWN = Judgement.unknown(Reason.AwsUnavailable, "No answer.");
    private static final Judgement BAD = Judgement.bad(Reason.KeyUnavailable, "Bad.");
    private static final Judgement WORSE = Judgement.bad(Reason.KeyDisabled, "Disabled.");

    @Test
    void whatIsWrongOutweighsWhatIsUnknownAndThatWhatIsGood() {
        assertThat(Judgement.worst(List.of(GOOD, UNKNOWN, BAD))).isEqualTo(BAD);
        assertThat(Judgement.worst(List.of(GOOD, UNKNOWN, GOOD))).isEqualTo(UNKNOWN);
        assertThat(Judgement.worst(List.of(GOOD, GOOD))).isEqualTo(GOOD);
    }

    @Test
    void whatNeedsAPersonGivesTheReasonAndAllAreSaid() {
        assertThat(Judgement.worst(List.of(BAD, WORSE, BAD, UNKNOWN)))
                .isEqualTo(Judgement.bad(Reason.KeyDisabled, "Bad. Disabled."));
    }

    @Test
    void whatIsMerelyPendingIsNotSaidBesideWhatFailed() {
        assertThat(Judgement.worst(List.of(UNKNOWN, PENDING))).isEqualTo(UNKNOWN);
        assertThat(Judgement.worst(List.of(PENDING, PENDING))).isEqualTo(PENDING);
    }

    @Test
    void aFailureIsNotHiddenBehindSomethingPending() {
        assertThat(Judgement.worst(List.of(PENDING, UNKNOWN))).isEqualTo(UNKNOWN);
    }

    @Test
    void nothingCannotBeSummedUp() {
        assertThatIllegalArgumentException().isThrownBy(() -> Judgement.worst(List.of()));
    }

    @Test
    void notBeingAbleToLookSaysWhyAndSinceWhen() {
        var detail = new Failure.Detail("kms:DescribeKey", "AccessDeniedException", "User is not authorized", "id-1");

        assertThat(Judgement.couldNotLook(
                        "The key k", new Failure.Denied(detail), Instant.parse("2026-03-01T10:00:00.9Z")))
                .isEqualTo(Judgement.unknown(
                        Reason.AccessDenied,
                        "The key k could not be looked at: kms:DescribeKey: AccessDeniedException: User is not authorized."
                                + " Last seen at 2026-03-01T10:00:00Z."));
        assertThat(Judgement.couldNotLook("The key k", new Failure.Throttled(detail), null)
                        .reason())
                .isEqualTo(Reason.Throttled);
        assertThat(List.of(new Failure.Unavailable(detail), new Failure.Rejected(detail), new Failure.NotFound(detail)))
                .allSatisfy(failure -> assertThat(Judgement.couldNotLook("The key k", failure, null))
                        .satisfies(j -> assertThat(j.reason()).isEqualTo(Reason.AwsUnavailable))
                        .satisfies(j -> assertThat(j.message()).doesNotContain("Last seen")));
    }
}
