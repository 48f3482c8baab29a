package io.cmek.operator.awssdk;

import io.cmek.operator.aws.Answer;
import io.cmek.operator.aws.Failure;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** How a call ended. Unlike {@link Answer} it still has the SDK's exception, for what stands in headers and bodies. */
sealed interface Reply<T> {

    record Ok<T>(T response) implements Reply<T> {}

    /** @param error what AWS answered, null where it did not answer */
    record Refused<T>(Failure failure, @Nullable AwsServiceException error) implements Reply<T> {

        String code() {
            return failure.detail().code();
        }
    }

    /** @param reading of the response; null where it lacks what it must have */
    default <R> Answer<R> answer(Operation operation, Function<? super T, ? extends @Nullable R> reading) {
        return switch (this) {
            case Ok<T>(T response) -> {
                R read = reading.apply(response);
                yield read == null
                        ? new Answer.Failed<>(Failures.unreadable(operation.toString()))
                        : new Answer.Got<>(read);
            }
            case Refused<T>(Failure failure, var error) -> new Answer.Failed<>(failure);
        };
    }
}
