package io.cmek.operator.app;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** Settings as the process reads them: a property that it does not know is refused. */
public final class SettingsOf {

    private static final int ORDINAL = 100;

    private SettingsOf() {}

    /** @throws RuntimeException where a property is unknown, missing or cannot be read; the message names it */
    public static Settings properties(Map<String, String> properties) {
        return source(new PropertiesConfigSource(properties, "test", ORDINAL));
    }

    static Settings source(ConfigSource source) {
        return new SmallRyeConfigBuilder()
                .withMapping(Settings.class)
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withSources(source)
                .build()
                .getConfigMapping(Settings.class);
    }
}
