package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.app.Settings;
import io.cmek.operator.app.SettingsOf;
import io.cmek.operator.docs.Setting;
import io.cmek.operator.testing.Chart;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The values of the chart are the settings of the operator: all of them, and no others. */
class SettingsInChartTest {

    private static final String TENANT = "cmek.tenants.<name>.";
    private static final Pattern TENANT_NAME = Pattern.compile("^cmek\\.tenants\\.[^.]+\\.");

    private static final String EVERYTHING = """
            cmek:
              installationId: east
              clusterRegion: us-east-1
              selector: team in (orders, billing),cmek.io/shard=a
              resyncInterval: 30s
              bucketResyncInterval: 10m
              factsMaxAge: 3m
              leaderElection: {enabled: true, leaseDuration: 20s}
              aws: {pathStyleAccess: true}
              events: {queueUrl: "https://sqs.us-east-1.amazonaws.com/111122223333/cmek-events", restoreStatements: true}
              tenants:
                teamA:
                  namespaces: [orders, "orders-*"]
                  keys: ["arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:*:444455556666:key/*"]
                  buckets: ["db-*"]
                  roleArn: arn:aws:iam::111122223333:role/cmek-operator
                  externalId: "a,b=c:d/e"
                  principals:
                    data: ["arn:aws:iam::111122223333:role/data,plane", "arn:aws:iam::111122223333:root"]
                    backup: ["arn:aws:iam::111122223333:role/backup"]
                    replication: ["arn:aws:iam::111122223333:role/replicator"]
                  probeRoleArn: arn:aws:iam::111122223333:role/probe
            """;

    @Test
    void everySettingCanBeSet() {
        assertThat(cmek(properties(EVERYTHING)).keySet().stream()
                        .map(name -> TENANT_NAME.matcher(name).replaceFirst(TENANT)))
                .containsExactlyInAnyOrderElementsOf(
                        Setting.all().map(Setting::name).toList());
    }

    @Test
    void theOperatorReadsWhatWasSet() {
        Settings settings = SettingsOf.properties(cmek(properties(EVERYTHING)));

        assertThat(settings.installationId()).isEqualTo("east");
        assertThat(settings.selector()).contains("team in (orders, billing),cmek.io/shard=a");
        assertThat(settings.leaderElection().leaseDuration()).hasSeconds(20);
        assertThat(settings.aws().pathStyleAccess()).isTrue();
        var tenant = settings.tenants().get("teamA");
        assertThat(tenant.namespaces()).containsExactly("orders", "orders-*");
        assertThat(tenant.keys()).hasSize(2);
        assertThat(tenant.externalId()).contains("a,b=c:d/e");
        assertThat(tenant.principals().data())
                .containsExactly("arn:aws:iam::111122223333:role/data,plane", "arn:aws:iam::111122223333:root");
        assertThat(tenant.principals().backup()).contains(List.of("arn:aws:iam::111122223333:role/backup"));
    }

    @Test
    void theDefaultsAreTheOperators() throws IOException {
        JsonNode values =
                Serialization.unmarshal(Files.readString(Chart.FOLDER.resolve("values.yaml")), JsonNode.class);

        assertThat(Setting.all().filter(s -> !s.name().startsWith(TENANT))).allSatisfy(setting -> {
            JsonNode value = values.at("/" + camel(setting.name()).replace('.', '/'));
            assertThat(value.isMissingNode())
                    .as("%s is not in values.yaml", setting)
                    .isFalse();
            // One process by default, and two replicas.
            if (!setting.name().equals("cmek.leader-election.enabled")) {
                assertThat(value.asText())
                        .as(setting.name())
                        .isEqualTo(setting.fallback().orElse(""));
            }
        });
        assertThat(SettingsOf.properties(cmek(properties(""))).tenants()).isEmpty();
    }

    @Test
    void logsAreAsConfigured() {
        assertThat(properties("logging: {format: json, level: WARN}"))
                .containsEntry("quarkus.log.console.json.enabled", "true")
                .containsEntry("quarkus.log.category.\"io.cmek\".level", "WARN")
                .doesNotContainKey("quarkus.log.level");
        assertThat(properties("")).containsEntry("quarkus.log.console.json.enabled", "false");
    }

    private static Map<String, String> properties(String values) {
        String text = Chart.objects(values).stream()
                .filter(o -> o.get("kind").asText().equals("ConfigMap"))
                .map(o -> o.at("/data/application.properties").asText())
                .findFirst()
                .orElseThrow();
        var properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var map = new TreeMap<String, String>();
        properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
        return map;
    }

    private static Map<String, String> cmek(Map<String, String> properties) {
        var settings = new TreeMap<>(properties);
        settings.keySet().removeIf(name -> !name.startsWith("cmek."));
        return settings;
    }

    private static String camel(String kebab) {
        return Pattern.compile("-([a-z])")
                .matcher(kebab)
                .replaceAll(m -> m.group(1).toUpperCase(java.util.Locale.ROOT));
    }
}
