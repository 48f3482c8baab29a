package io.cmek.operator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The alerts, their runbooks and the dashboard name nothing that is not there. */
class AlertsTest {

    private static final Path CHART_FILES = Path.of("helm", "cmek-operator", "files");
    private static final Path RUNBOOKS = Path.of("docs", "runbooks");
    private static final List<String> SECTIONS =
            List.of("## What it means", "## What is affected", "## Find out", "## What to do");
    private static final Pattern LABEL_IN_TEMPLATE = Pattern.compile("\\$labels\\.(\\w+)");

    /** As a failure's message shows it. */
    private record Alert(String name, JsonNode rule) {

        String text(String field) {
            return rule.at(field).asText();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static MetricsPage page() throws IOException {
        return MetricsPage.read(MetricsPage.PATH);
    }

    private static Stream<Alert> alerts() throws IOException {
        JsonNode file = Serialization.unmarshal(Files.readString(CHART_FILES.resolve("alerts.yaml")), JsonNode.class);
        var alerts = new ArrayList<Alert>();
        file.get("groups")
                .forEach(group -> group.get("rules")
                        .forEach(rule -> alerts.add(new Alert(rule.get("alert").asText(), rule))));
        return alerts.stream();
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void anAlertNamesOnlyWhatIsServed(Alert alert) throws IOException {
        assertThat(new PromQl(alert.text("/expr")).problems(page())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void anAlertSaysWhatItMeansAndWhereToReadOn(Alert alert) throws IOException {
        assertThat(alert.text("/labels/severity")).isIn("critical", "warning");
        assertThat(alert.text("/annotations/summary")).isNotBlank();
        assertThat(alert.text("/annotations/description")).endsWith(".");

        Set<String> labels = new PromQl(alert.text("/expr")).labelsOfResult(page());
        assertThat(LABEL_IN_TEMPLATE
                        .matcher(alert.rule().get("annotations").toString())
                        .results())
                .allSatisfy(used -> assertThat(labels).contains(used.group(1)));

        Path runbook = RUNBOOKS.resolve(alert.name() + ".md");
        assertThat(alert.text("/annotations/runbook_url")).isEqualTo(runbook.toString());
        assertThat(runbook)
                .exists()
                .content()
                .startsWith("# " + alert.name() + "\n")
                .contains(SECTIONS);
        assertThat(Files.readString(runbook)).contains("kubectl");
        assertThat(RUNBOOKS.resolve("README.md"))
                .content()
                .contains("| [%s](%s.md) | %s |".formatted(alert.name(), alert.name(), alert.text("/labels/severity")));
    }

    @Test
    void thereIsNoRunbookWithoutAnAlert() throws IOException {
        try (Stream<Path> pages = Files.list(RUNBOOKS)) {
            assertThat(pages.map(p -> p.getFileName().toString()).filter(p -> !p.equals("README.md")))
                    .containsExactlyInAnyOrderElementsOf(
                            alerts().map(a -> a.name() + ".md").toList());
        }
    }

    @Test
    void theRunbooksThatMetricsNameAreThere() {
        var named = new TreeSet<String>();
        for (Metric metric : Metric.values()) {
            Pattern.compile("runbook (\\w+)").matcher(metric.remedy()).results().forEach(r -> named.add(r.group(1)));
        }
        assertThat(named)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(RUNBOOKS.resolve(name + ".md")).exists());
    }

    @Test
    void theDashboardShowsOnlyWhatIsServedAndAllOfIt() throws IOException {
        JsonNode dashboard = new ObjectMapper()
                .readTree(CHART_FILES.resolve("dashboard.json").toFile());
        MetricsPage page = page();
        var shown = new HashSet<String>();
        var ids = new ArrayList<Integer>();
        for (JsonNode panel : dashboard.get("panels")) {
            ids.add(panel.get("id").asInt());
            assertThat(panel.get("title").asText()).isNotBlank();
            if (panel.get("type").asText().equals("row")) {
                continue;
            }
            assertThat(panel.get("description").asText()).endsWith(".");
            for (JsonNode target : panel.get("targets")) {
                var query = new PromQl(target.get("expr").asText());
                assertThat(query.problems(page)).as(query.expression()).isEmpty();
                assertThat(query.expression()).contains("{job=~\"$job\"");
                shown.addAll(query.metrics(page));
            }
        }
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(page.metrics().keySet()).isEqualTo(new TreeSet<>(shown));
        assertThat(dashboard.at("/templating/list"))
                .anySatisfy(variable ->
                        assertThat(variable.path("definition").asText()).isEqualTo("label_values(cmek_keys, job)"));
    }

    /** So that the check is one. */
    @Test
    void everyKindOfMistakeIsFound() throws IOException {
        MetricsPage page = page();
        assertThat(new PromQl("sum(cmek_keys{state=\"Disabled\"}").problems(page))
                .containsExactly("parentheses do not match");
        assertThat(new PromQl("cmek_nothing > 0").problems(page))
                .containsExactly("cmek_nothing is no metric of the operator");
        assertThat(new PromQl("up == 0").problems(page)).containsExactly("names no metric of the operator");
        assertThat(new PromQl("cmek_keys{name=\"x\"}").problems(page)).containsExactly("cmek_keys has no label name");
        assertThat(new PromQl("cmek_keys{state=~\"Disabled|Melted\"}").problems(page))
                .containsExactly("state of cmek_keys is never 'Melted'");
        assertThat(new PromQl("sum by (kind) (cmek_keys)").problems(page))
                .containsExactly("groups by kind, which no metric in it has");
        assertThat(new PromQl("cmek_stale_status_total > 0").problems(page))
                .containsExactly("cmek_stale_status_total is a counter and needs a range");
        assertThat(new PromQl("rate(cmek_keys[5m])").problems(page))
                .containsExactly("cmek_keys is a gauge and is read without a range");
        assertThat(new PromQl("rate(cmek_aws_call_duration_seconds[5m])").problems(page))
                .contains("cmek_aws_call_duration_seconds is a histogram and has no series of that name");
    }
}
