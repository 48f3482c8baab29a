package io.cmek.operator.aws;

import java.util.function.Function;

/** The response of AWS, or why there is no usable one. AWS failures are values, not exceptions. */
public sealed interface AwsResult<T> {

    record Success<T>(T value) implements AwsResult<T> {}

    record Error<T>(AwsError failure) implements AwsResult<T> {}

    default <R> AwsResult<R> map(Function<? super T, ? extends R> mapping) {
        return switch (this) {
            case Success<T>(T value) -> new Success<>(mapping.apply(value));
            case Error<T>(AwsError failure) -> new Error<>(failure);
        };
    }
}
