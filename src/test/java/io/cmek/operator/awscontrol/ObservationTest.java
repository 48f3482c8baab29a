package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.awscontrol.Observation.Known;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ObservationTest {

    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final AwsError DOWN =
            new AwsError.Unavailable(new AwsError.Detail("kms:Any", "TimedOut", "", "request 1"));
    private static final AwsError GONE =
            new AwsError.NotFound(new AwsError.Detail("kms:Any", "NotFoundException", "", null));

    private static AwsResult<String> failed(AwsError failure) {
        return new AwsResult.Error<>(failure);
    }

    @Test
    void nothingIsKnownBeforeTheFirstAnswer() {
        Observation<String> never = Observation.never();
        assertThat(never.isNever()).isTrue();
        assertThat(never.at(T0, MAX_AGE)).isEqualTo(new Known.NotObserved<>());
    }

    @Test
    void aFactSurvivesFailuresForAWhileButNotForEver() {
        Observation<String> failing = Observation.seen("fact", T0).then(failed(DOWN), T0.plusSeconds(60));
        assertThat(failing.at(T0.plus(MAX_AGE), MAX_AGE)).isEqualTo(new Known.Fresh<>("fact"));
        assertThat(failing.at(T0.plus(MAX_AGE).plusMillis(1), MAX_AGE)).isEqualTo(new Known.Unavailable<>(DOWN, T0));
        assertThat(failing.failingSince()).isEqualTo(T0.plusSeconds(60));
        assertThat(failing.then(failed(DOWN), T0.plusSeconds(90)).failingSince())
                .as("the first of them")
                .isEqualTo(T0.plusSeconds(60));
        assertThat(failing.then(new AwsResult.Success<>("fact"), T0.plusSeconds(99))
                        .failingSince())
                .isNull();
        assertThat(Observation.seen("fact", T0).at(T0.plus(Duration.ofDays(9)), MAX_AGE))
                .as("while nothing fails, age is no matter")
                .isEqualTo(new Known.Fresh<>("fact"));
    }

    @Test
    void whatIsGoneIsKnownToBeGone() {
        Observation<String> gone = Observation.seen("fact", T0).then(failed(GONE), T0.plusSeconds(1));
        assertThat(gone.at(T0.plusSeconds(1), MAX_AGE)).isEqualTo(new Known.Unavailable<>(GONE, null));
        assertThat(gone.isNever()).isFalse();
        assertThat(gone.failingSince()).isNull();
    }

    @Test
    void remembersTheLastReadThatSawSomethingElse() {
        Observation<String> same =
                Observation.seen("fact", T0).then(new AwsResult.Success<>("fact"), T0.plusSeconds(1));
        assertThat(same.changedAfter()).isNull();
        Observation<String> changed = same.then(new AwsResult.Success<>("other"), T0.plusSeconds(2));
        assertThat(changed.changedAfter()).isEqualTo(T0.plusSeconds(1));
    }

    @Test
    void saysTheSameWhateverDiffersFromReadToRead() {
        AwsError again = new AwsError.Unavailable(new AwsError.Detail("kms:Any", "TimedOut", "", "request 2"));
        Observation<String> one = Observation.<String>never().then(failed(DOWN), T0);
        Observation<String> two = Observation.<String>never().then(failed(again), T0.plusSeconds(9));
        assertThat(one.says(T0, MAX_AGE)).isEqualTo(two.says(T0, MAX_AGE));
        assertThat(one.says(T0, MAX_AGE))
                .isNotEqualTo(Observation.seen("fact", T0).says(T0, MAX_AGE));
    }
}
