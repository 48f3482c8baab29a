package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** Result of a call. Unlike {@link AwsResult} it has the SDK's exception, for its headers and body. */
sealed interface SdkCallResult<T> {

    record Ok<T>(T response) implements SdkCallResult<T> {}

    /** @param error response of AWS, null if there was none */
    record Refused<T>(AwsError failure, @Nullable AwsServiceException error) implements SdkCallResult<T> {

        String code() {
            return failure.detail().code();
        }
    }

    /** @param reading maps the response; null if a required part is missing */
    default <R> AwsResult<R> answer(Operation operation, Function<? super T, ? extends @Nullable R> reading) {
        return switch (this) {
            case Ok<T>(T response) -> {
                R read = reading.apply(response);
                yield read == null
                        ? new AwsResult.Error<>(ErrorClassifier.unreadable(operation.toString()))
                        : new AwsResult.Success<>(read);
            }
            case Refused<T>(AwsError failure, var error) -> new AwsResult.Error<>(failure);
        };
    }
}
