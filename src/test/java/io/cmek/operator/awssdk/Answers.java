package io.cmek.operator.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.Answer;
import io.cmek.operator.aws.Failure;

/** Takes answers apart. */
final class Answers {

    private Answers() {}

    static <T> T got(Answer<T> answer) {
        assertThat(answer).isInstanceOf(Answer.Got.class);
        return ((Answer.Got<T>) answer).value();
    }

    static Failure failed(Answer<?> answer) {
        assertThat(answer).isInstanceOf(Answer.Failed.class);
        return ((Answer.Failed<?>) answer).failure();
    }

    static <F extends Failure> F failed(Class<F> kind, Answer<?> answer) {
        Failure failure = failed(answer);
        assertThat(failure).isInstanceOf(kind);
        return kind.cast(failure);
    }
}
