package io.cmek.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ObservationTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Failure.Detail DETAIL = new Failure.Detail("kms:GetKeyPolicy", "Code", "", null);

    @Test
    void knowsBetweenWhichLooksTheLastChangeWas() {
        Observation<String> first = Observation.<String>never().then(got("a"), NOW);
        assertThat(first.changedAfter()).isNull();

        Observation<String> same = first.then(got("a"), NOW.plusSeconds(60));
        assertThat(same.changedAfter()).isNull();

        Observation<String> failed =
                same.then(new Answer.Failed<>(new Failure.Unavailable(DETAIL)), NOW.plusSeconds(120));
        Observation<String> changed = failed.then(got("b"), NOW.plusSeconds(180));
        assertThat(changed.changedAfter()).isEqualTo(NOW.plusSeconds(60));
        assertThat(changed.seenAt()).isEqualTo(NOW.plusSeconds(180));

        assertThat(changed.then(got("b"), NOW.plusSeconds(240)).changedAfter()).isEqualTo(NOW.plusSeconds(60));
    }

    @Test
    void ofWhatWasGoneItDoesNotKnowWhenItChanged() {
        Observation<String> gone = Observation.<String>never()
                .then(got("a"), NOW)
                .then(new Answer.Failed<>(new Failure.NotFound(DETAIL)), NOW.plusSeconds(60));

        assertThat(gone.then(got("a"), NOW.plusSeconds(120)).changedAfter()).isNull();
    }

    private static Answer<String> got(String fact) {
        return new Answer.Got<>(fact);
    }
}
