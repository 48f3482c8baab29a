package io.cmek.operator.api.v1alpha1;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An enum value in a spec that this version does not know: a newer version accepted it before a rollback.
 *
 * @param field the path of the field, for example {@code spec.policyManagement}
 * @param value the stored value
 * @param known the values that this version knows
 */
public record UnknownValue(String field, String value, List<String> known) {

    public UnknownValue {
        known = List.copyOf(known);
    }

    /** @param value the value of the field; null if it is not set, which does not count as unknown */
    static <E extends Enum<E>> Stream<UnknownValue> in(String field, @Nullable String value, E[] constants) {
        return value == null || named(constants, value).isPresent()
                ? Stream.empty()
                : Stream.of(new UnknownValue(
                        field, value, Arrays.stream(constants).map(Enum::name).toList()));
    }

    /** The constant of this name; empty if there is none. */
    static <E extends Enum<E>> Optional<E> named(E[] constants, @Nullable String name) {
        return Arrays.stream(constants)
                .filter(constant -> constant.name().equals(name))
                .findFirst();
    }
}
