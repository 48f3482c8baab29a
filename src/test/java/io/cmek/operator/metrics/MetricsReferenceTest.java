package io.cmek.operator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.condition.Reason;
import io.cmek.operator.metrics.MetricsPage.Documented;
import io.cmek.operator.metrics.StateSnapshot.Cause;
import io.cmek.operator.metrics.StateSnapshot.KeyExpiry;
import io.cmek.operator.metrics.StateSnapshot.UnusableKey;
import io.cmek.operator.request.TestRequests;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** docs/reference/metrics.md says what {@link Metric} says, and what the registry serves. */
class MetricsReferenceTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    private static AllMeters meters() {
        return new AllMeters(Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @BeforeAll
    static void writeItAgainWhereAsked() throws IOException {
        if (Boolean.getBoolean("cmek.generate")) {
            Files.createDirectories(MetricsPage.PATH.getParent());
            Files.writeString(MetricsPage.PATH, MetricsPage.write());
        }
    }

    @Test
    void thePageIsCurrent() {
        assertThat(MetricsPage.PATH)
                .as("%s does not say what Metric says. Repair it with: %s", MetricsPage.PATH, MetricsPage.COMMAND)
                .exists()
                .content()
                .isEqualTo(MetricsPage.write());
    }

    @Test
    void thePageSaysWhatIsServedWhileAllIsWell() throws IOException {
        try (AllMeters meters = meters()) {
            MetricsPage page = MetricsPage.read(MetricsPage.PATH);
            assertThat(page.differencesFrom(meters.scrape())).isEmpty();
            assertThat(page.differencesFrom(
                            Exposition.parse(meters.registry.scrape(TextFormat.CONTENT_TYPE_OPENMETRICS_100))))
                    .as("in OpenMetrics")
                    .isEmpty();
        }
    }

    @Test
    void thePageSaysWhatIsServedInTrouble() throws IOException {
        try (AllMeters meters = meters()) {
            meters.world = new StateSnapshot(
                    Map.of("PendingDeletion", 1L),
                    Map.of(),
                    Map.of(new UnusableKey(TestRequests.KEY, Reason.KeyPendingDeletion), 3L),
                    Map.of(new KeyExpiry(TestRequests.KEY, Cause.DELETION), NOW.plusSeconds(60)));
            meters.metrics.refresh();
            Exposition served = meters.scrape();
            MetricsPage page = MetricsPage.read(MetricsPage.PATH);
            assertThat(page.differencesFrom(served)).isEmpty();
            assertThat(page.metrics().keySet())
                    .as("with nothing left out because it happens to be absent")
                    .allSatisfy(name -> assertThat(served.types()).containsKey(name));
        }
    }

    /** So that the comparison is one. */
    @Test
    void everyKindOfDifferenceIsFound() throws IOException {
        Exposition served = Exposition.parse("""
                # TYPE cmek_keys counter
                cmek_keys{state="Enabled",} 3.0
                cmek_keys{state="Melted",} 1.0
                # TYPE cmek_resources gauge
                cmek_resources{kind="Workgroup",name="orders",} 1.0
                # TYPE cmek_secret gauge
                cmek_secret 1.0
                # TYPE jvm_threads gauge
                jvm_threads 1.0
                """);
        var metrics = new LinkedHashMap<>(MetricsPage.read(MetricsPage.PATH).metrics());
        metrics.keySet()
                .retainAll(Set.of(
                        "cmek_keys", "cmek_resources", "cmek_stale_status_total", "cmek_key_affected_resources"));
        assertThat(new MetricsPage(metrics).differencesFrom(served))
                .containsExactlyInAnyOrder(
                        "cmek_keys is documented as a gauge and served as a counter",
                        "cmek_keys has the undocumented value 'Melted' of state",
                        "cmek_resources has the labels [kind, name]; documented are [encryption, kind]",
                        "cmek_secret is served and not documented",
                        "cmek_stale_status_total is documented and not served");
    }

    @Test
    void thePageIsReadAsItIsWritten() throws IOException {
        Map<String, Documented> read = MetricsPage.read(MetricsPage.PATH).metrics();
        assertThat(read).hasSize(Metric.values().length);
        for (Metric metric : Metric.values()) {
            Documented documented = read.get(metric.exposedName());
            assertThat(documented.type()).isEqualTo(metric.type().exposed());
            assertThat(documented.labels()).hasSize(metric.labels().size());
            metric.labels()
                    .forEach(label -> assertThat(documented.labels().get(label.name()))
                            .containsExactlyInAnyOrderElementsOf(label.values()));
        }
    }

    /** Prometheus documentation, "Metric and label naming". */
    @ParameterizedTest
    @EnumSource
    void namesFollowTheConventions(Metric metric) {
        assertThat(metric.exposedName()).matches("cmek(_[a-z]+)+");
        switch (metric.type()) {
            case COUNTER -> assertThat(metric.exposedName()).endsWith("_total");
            case HISTOGRAM -> assertThat(metric.exposedName()).endsWith("_seconds");
            case GAUGE, GAUGE_OF_TROUBLE -> assertThat(metric.exposedName()).doesNotEndWith("_total");
        }
        assertThat(List.of(metric.meaning(), metric.remedy()))
                .allSatisfy(line -> assertThat(line).matches("[A-Za-z].*\\.").doesNotContain("\n", "|"));
        assertThat(metric.labels()).allSatisfy(label -> assertThat(label.name()).matches("[a-z]+"));
    }
}
