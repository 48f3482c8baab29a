package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.docs.MarkdownPage;
import io.cmek.operator.docs.Setting;
import io.cmek.operator.tenancy.Tenant;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** docs/reference/configuration.md says what {@link Settings} says. */
class ConfigurationPageTest {

    private static final MarkdownPage PAGE = MarkdownPage.read(Path.of("docs", "reference", "configuration.md"));

    static Stream<Setting> settings() {
        return Setting.all();
    }

    @ParameterizedTest
    @MethodSource("settings")
    void everySettingHasItsRow(Setting setting) {
        List<List<String>> rows = PAGE.tableRows().stream()
                .filter(row -> row.getFirst().equals("`" + setting.name() + "`"))
                .toList();
        assertThat(rows).as("the rows of %s", setting).hasSize(1);
        List<String> row = rows.getFirst();
        assertThat(row.get(1)).as("the type of %s", setting).matches(typeInWords(setting.type()));
        if (setting.fallback().isPresent()) {
            assertThat(row.get(2)).isEqualTo("`" + setting.fallback().get() + "`");
        } else if (setting.optional()) {
            assertThat(row.get(2)).matches("not set|those of `data`");
        } else {
            assertThat(row.get(2)).isEqualTo("required");
        }
        assertThat(row.get(3)).endsWith(".");
    }

    private static String typeInWords(Class<?> type) {
        return switch (type.getSimpleName()) {
            case "String" -> "text|ARN of a role";
            case "List" -> "list of .*";
            case "Duration" -> "duration";
            case "boolean" -> "true or false";
            default -> throw new IllegalArgumentException("Which word does the page have for a " + type + "?");
        };
    }

    @Test
    void noRowIsOfASettingThatDoesNotExist() {
        List<String> names = settings().map(s -> "`" + s.name() + "`").toList();
        assertThat(PAGE.tableRows().stream().map(List::getFirst).filter(cell -> cell.startsWith("`")))
                .containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void theExampleHasEverySettingAndIsAccepted() throws IOException {
        Map<String, String> example = example();
        assertThat(example.keySet().stream().map(name -> name.replaceAll("^(cmek\\.tenants\\.)[a-z]+", "$1<name>")))
                .as("settings of the example")
                .containsOnly(settings().map(Setting::name).toArray(String[]::new));

        Settings settings = SettingsOf.source(new PropertiesConfigSource(example, "example", 100));

        assertThat(settings.resyncInterval()).isEqualTo(Duration.ofSeconds(30));
        var tenants = TenantsFactory.of(settings.tenants());
        assertThat(tenants.of("orders-eu").map(Tenant::name)).contains("orders");
        assertThat(tenants.of("billing").map(Tenant::name)).contains("default");
    }

    @Test
    void environmentVariablesAreReadAsThePageSays() throws IOException {
        Map<String, String> variables = example().entrySet().stream()
                .collect(Collectors.toMap(
                        e -> e.getKey().toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"), Map.Entry::getValue));
        assertThat(variables).containsKeys("CMEK_RESYNC_INTERVAL", "CMEK_TENANTS_DEFAULT_PRINCIPALS_DATA");

        Settings settings = SettingsOf.source(new EnvConfigSource(variables, 300));

        assertThat(settings.resyncInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(TenantsFactory.of(settings.tenants()))
                .isEqualTo(TenantsFactory.of(SettingsOf.source(new PropertiesConfigSource(example(), "example", 100))
                        .tenants()));
    }

    @ParameterizedTest
    @CsvSource({"500ms, PT0.5S", "60s, PT60S", "5m, PT5M", "1h, PT1H", "PT5M, PT5M", "30, PT30S"})
    void durationsAreReadAsThePageSays(String text, Duration meaning) {
        Settings settings =
                SettingsOf.source(new PropertiesConfigSource(Map.of("cmek.resync-interval", text), "durations", 100));
        assertThat(settings.resyncInterval()).isEqualTo(meaning);
    }

    private static Map<String, String> example() throws IOException {
        var properties = new Properties();
        properties.load(new StringReader(PAGE.blocks("properties").getFirst().text()));
        var example = new HashMap<String, String>();
        properties.stringPropertyNames().forEach(name -> example.put(name, properties.getProperty(name)));
        return example;
    }
}
