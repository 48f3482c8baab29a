package io.cmek.operator.aws;

import java.util.function.Function;

/** Either what AWS said, or why it said nothing usable. AWS failures are values here, never exceptions. */
public sealed interface Answer<T> {

    record Got<T>(T value) implements Answer<T> {}

    record Failed<T>(Failure failure) implements Answer<T> {}

    default <R> Answer<R> map(Function<? super T, ? extends R> mapping) {
        return switch (this) {
            case Got<T>(T value) -> new Got<>(mapping.apply(value));
            case Failed<T>(Failure failure) -> new Failed<>(failure);
        };
    }
}
