package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.Answer;
import io.cmek.operator.aws.Failure;
import io.cmek.operator.awscontrol.Observation;
import io.cmek.operator.request.ClaimsOf;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class UnreadableAwsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final Failure.Detail DETAIL = new Failure.Detail("kms:DescribeKey", "Code", "", null);

    private static Observation<String> seen(Instant at) {
        return Observation.seen("fact", at);
    }

    private static Observation<String> failed(Observation<String> before, Instant at) {
        return before.then(new Answer.Failed<>(new Failure.Unavailable(DETAIL)), at);
    }

    @Test
    void whatCanBeReadIsNotThere() {
        Observation<String> gone = seen(NOW).then(new Answer.Failed<>(new Failure.NotFound(DETAIL)), NOW);

        assertThat(UnreadableAws.NOTHING
                        .plus(ClaimsOf.KEY, seen(NOW), MAX_AGE)
                        .plus("bucket", seen(NOW), MAX_AGE)
                        .plus(ClaimsOf.KEY, gone, MAX_AGE)
                        .plus("never asked", Observation.never(), MAX_AGE))
                .as("that a thing is gone is an answer")
                .isEqualTo(UnreadableAws.NOTHING);
    }

    @Test
    void itIsSinceTheFirstFailedReadOfAny() {
        Observation<String> later = failed(failed(seen(NOW), NOW.plusSeconds(60)), NOW.plusSeconds(120));
        Observation<String> earlier = failed(seen(NOW), NOW.plusSeconds(30));
        UnreadableAws unreadable =
                UnreadableAws.NOTHING.plus(ClaimsOf.KEY, later, MAX_AGE).plus("bucket", earlier, MAX_AGE);

        assertThat(unreadable.since()).isEqualTo(NOW.plusSeconds(30));
        assertThat(unreadable.keys()).containsExactly(ClaimsOf.KEY);
        assertThat(unreadable.buckets()).containsExactly("bucket");
        assertThat(unreadable.neverRead()).isFalse();
        assertThat(unreadable.reliedUntil()).containsExactly(NOW.plus(MAX_AGE), NOW.plus(MAX_AGE));
    }

    @Test
    void whatThisProcessNeverReadIsKnownToBeSo() {
        UnreadableAws unreadable = UnreadableAws.NOTHING
                .plus(ClaimsOf.KEY, failed(Observation.never(), NOW), MAX_AGE)
                .plus("bucket", failed(seen(NOW), NOW.plusSeconds(1)), MAX_AGE);

        assertThat(unreadable.neverRead()).isTrue();
        assertThat(unreadable.reliedUntil()).containsExactly(NOW.plus(MAX_AGE));
    }

    /** AWS neither answers nor fails. */
    @Test
    void whatWasNotAnsweredIsUnreadSinceItWasAsked() {
        UnreadableAws failing = UnreadableAws.NOTHING.plus("bucket", failed(seen(NOW), NOW.plusSeconds(60)), MAX_AGE);

        assertThat(UnreadableAws.NOTHING.unansweredSince(NOW))
                .returns(NOW, UnreadableAws::since)
                .returns(true, UnreadableAws::neverRead);
        assertThat(failing.unansweredSince(NOW).since()).isEqualTo(NOW);
        assertThat(failing.unansweredSince(NOW.plusSeconds(90)).since()).isEqualTo(NOW.plusSeconds(60));
    }
}
