package io.cmek.operator.docs;

import io.cmek.operator.app.Settings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A setting, as {@link Settings} has it.
 *
 * @param name with {@code <name>} for what a user names, for example {@code cmek.tenants.<name>.keys}
 * @param fallback the default; empty where there is none
 */
public record Setting(String name, Class<?> type, boolean optional, Optional<String> fallback) {

    /** All settings of the operator. */
    public static Stream<Setting> all() {
        return of(Settings.class.getAnnotation(ConfigMapping.class).prefix(), Settings.class);
    }

    private static Stream<Setting> of(String prefix, Class<?> group) {
        return Arrays.stream(group.getMethods()).flatMap(method -> {
            String name =
                    prefix + "." + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            Type type = method.getGenericReturnType();
            if (type instanceof ParameterizedType map && map.getRawType() == Map.class) {
                return of(name + ".<name>", (Class<?>) map.getActualTypeArguments()[1]);
            }
            return type instanceof Class<?> nested && nested.getEnclosingClass() == Settings.class
                    ? of(name, nested)
                    : Stream.of(of(name, method, type));
        });
    }

    private static Setting of(String name, Method method, Type type) {
        boolean optional = type instanceof ParameterizedType given && given.getRawType() == Optional.class;
        Type inner = optional ? ((ParameterizedType) type).getActualTypeArguments()[0] : type;
        return new Setting(
                name,
                (Class<?>) (inner instanceof ParameterizedType list ? list.getRawType() : inner),
                optional,
                Optional.ofNullable(method.getAnnotation(WithDefault.class)).map(WithDefault::value));
    }

    @Override
    public String toString() {
        return name;
    }
}
