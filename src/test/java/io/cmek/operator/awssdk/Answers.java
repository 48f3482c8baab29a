package io.cmek.operator.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;

/** Takes answers apart. */
final class Answers {

    private Answers() {}

    static <T> T got(AwsResult<T> answer) {
        assertThat(answer).isInstanceOf(AwsResult.Success.class);
        return ((AwsResult.Success<T>) answer).value();
    }

    static AwsError failed(AwsResult<?> answer) {
        assertThat(answer).isInstanceOf(AwsResult.Error.class);
        return ((AwsResult.Error<?>) answer).failure();
    }

    static <F extends AwsError> F failed(Class<F> kind, AwsResult<?> answer) {
        AwsError failure = failed(answer);
        assertThat(failure).isInstanceOf(kind);
        return kind.cast(failure);
    }
}
