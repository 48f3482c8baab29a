package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.awscontrol.Observation;
import io.cmek.operator.request.TestRequests;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ReadFailuresTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final AwsError.Detail DETAIL = new AwsError.Detail("kms:DescribeKey", "Code", "", null);

    private static Observation<String> seen(Instant at) {
        return Observation.seen("fact", at);
    }

    private static Observation<String> failed(Observation<String> before, Instant at) {
        return before.then(new AwsResult.Error<>(new AwsError.Unavailable(DETAIL)), at);
    }

    @Test
    void whatCanBeReadIsNotThere() {
        Observation<String> gone = seen(NOW).then(new AwsResult.Error<>(new AwsError.NotFound(DETAIL)), NOW);

        assertThat(ReadFailures.NOTHING
                        .plus(TestRequests.KEY, seen(NOW), MAX_AGE)
                        .plus("bucket", seen(NOW), MAX_AGE)
                        .plus(TestRequests.KEY, gone, MAX_AGE)
                        .plus("never asked", Observation.never(), MAX_AGE))
                .as("that a thing is gone is an answer")
                .isEqualTo(ReadFailures.NOTHING);
    }

    @Test
    void itIsSinceTheFirstFailedReadOfAny() {
        Observation<String> later = failed(failed(seen(NOW), NOW.plusSeconds(60)), NOW.plusSeconds(120));
        Observation<String> earlier = failed(seen(NOW), NOW.plusSeconds(30));
        ReadFailures unreadable =
                ReadFailures.NOTHING.plus(TestRequests.KEY, later, MAX_AGE).plus("bucket", earlier, MAX_AGE);

        assertThat(unreadable.since()).isEqualTo(NOW.plusSeconds(30));
        assertThat(unreadable.keys()).containsExactly(TestRequests.KEY);
        assertThat(unreadable.buckets()).containsExactly("bucket");
        assertThat(unreadable.neverRead()).isFalse();
        assertThat(unreadable.reliedUntil()).containsExactly(NOW.plus(MAX_AGE), NOW.plus(MAX_AGE));
    }

    @Test
    void whatThisProcessNeverReadIsKnownToBeSo() {
        ReadFailures unreadable = ReadFailures.NOTHING
                .plus(TestRequests.KEY, failed(Observation.never(), NOW), MAX_AGE)
                .plus("bucket", failed(seen(NOW), NOW.plusSeconds(1)), MAX_AGE);

        assertThat(unreadable.neverRead()).isTrue();
        assertThat(unreadable.reliedUntil()).containsExactly(NOW.plus(MAX_AGE));
    }

    /** AWS neither answers nor fails. */
    @Test
    void whatWasNotAnsweredIsUnreadSinceItWasAsked() {
        ReadFailures failing = ReadFailures.NOTHING.plus("bucket", failed(seen(NOW), NOW.plusSeconds(60)), MAX_AGE);

        assertThat(ReadFailures.NOTHING.unansweredSince(NOW))
                .returns(NOW, ReadFailures::since)
                .returns(true, ReadFailures::neverRead);
        assertThat(failing.unansweredSince(NOW).since()).isEqualTo(NOW);
        assertThat(failing.unansweredSince(NOW.plusSeconds(90)).since()).isEqualTo(NOW.plusSeconds(60));
    }
}
