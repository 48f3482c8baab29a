package io.cmek.operator.metrics;

import io.cmek.operator.metrics.Exposition.Series;
import io.cmek.operator.metrics.Metric.Label;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The page docs/reference/metrics.md, as a reader finds it: what it says is held against what the operator serves.
 *
 * @param metrics by name
 */
public record MetricsPage(Map<String, Documented> metrics) {

    public static final Path PATH = Path.of("docs", "reference", "metrics.md");
    static final String COMMAND = "mvn -q test -Dtest=MetricsReferenceTest -Dcmek.generate=true";

    private static final String PREFIX = "cmek_";
    private static final String SOMETIMES = ", served only while there is something to tell";
    private static final Pattern HEADING = Pattern.compile("## (\\S+)");
    private static final Pattern TYPE = Pattern.compile("Type: (counter|gauge|histogram)(" + SOMETIMES + ")?\\.");
    private static final Pattern LABEL = Pattern.compile("\\| `(\\w+)` \\| (.*) \\| .* \\|");
    private static final Pattern VALUE = Pattern.compile("`([^`]+)`");
    private static final String ANY = "any";

    /**
     * @param labels the values that each can have; none where it can have any
     * @param always whether it is served even when there is nothing to tell
     */
    public record Documented(String type, boolean always, Map<String, Set<String>> labels) {}

    /** Reads the page. */
    public static MetricsPage read(Path path) throws IOException {
        var metrics = new LinkedHashMap<String, Documented>();
        String name = "";
        for (String line : Files.readAllLines(path)) {
            Matcher heading = HEADING.matcher(line);
            Matcher type = TYPE.matcher(line);
            Matcher label = LABEL.matcher(line);
            if (heading.matches()) {
                name = heading.group(1);
            } else if (type.matches()) {
                metrics.put(name, new Documented(type.group(1), type.group(2) == null, new LinkedHashMap<>()));
            } else if (label.matches() && metrics.containsKey(name)) {
                Set<String> values = VALUE.matcher(label.group(2))
                        .results()
                        .map(r -> r.group(1))
                        .collect(Collectors.toCollection(TreeSet::new));
                metrics.get(name).labels().put(label.group(1), values);
            }
        }
        return new MetricsPage(metrics);
    }

    /** The metric that a series belongs to; a histogram has several names. */
    public Optional<String> metricOf(String seriesName) {
        if (metrics.containsKey(seriesName)) {
            return Optional.of(seriesName);
        }
        return List.of("_bucket", "_count", "_sum", "_max").stream()
                .filter(seriesName::endsWith)
                .map(suffix -> seriesName.substring(0, seriesName.length() - suffix.length()))
                .filter(base ->
                        metrics.containsKey(base) && metrics.get(base).type().equals("histogram"))
                .findFirst();
    }

    /** What the page and a scrape say differently about the operator's own metrics, a sentence each. */
    public List<String> differencesFrom(Exposition served) {
        var differences = new ArrayList<String>();
        metrics.forEach((name, documented) -> {
            String type = served.types().get(name);
            if (type == null) {
                if (documented.always()) {
                    differences.add(name + " is documented and not served");
                }
            } else if (!type.equals(documented.type())) {
                differences.add(name + " is documented as a " + documented.type() + " and served as a " + type);
            }
        });
        for (Series series : served.series()) {
            if (series.name().startsWith(PREFIX)) {
                Optional<String> metric = metricOf(series.name());
                if (metric.isEmpty()) {
                    differences.add(series.name() + " is served and not documented");
                } else {
                    differences.addAll(differences(series, metrics.get(metric.get())));
                }
            }
        }
        return differences.stream().distinct().toList();
    }

    private static List<String> differences(Series series, Documented documented) {
        var labels = new LinkedHashMap<>(series.labels());
        if (series.name().endsWith("_bucket")) {
            labels.remove("le");
        }
        if (!labels.keySet().equals(documented.labels().keySet())) {
            return List.of("%s has the labels %s; documented are %s"
                    .formatted(
                            series.name(),
                            new TreeSet<>(labels.keySet()),
                            new TreeSet<>(documented.labels().keySet())));
        }
        return labels.entrySet().stream()
                .filter(label -> {
                    Set<String> values = documented.labels().get(label.getKey());
                    return !values.isEmpty() && !values.contains(label.getValue());
                })
                .map(label -> "%s has the undocumented value '%s' of %s"
                        .formatted(series.name(), label.getValue(), label.getKey()))
                .toList();
    }

    /** The page as {@link Metric} has it. */
    static String write() {
        var page = new StringBuilder("""
                <!-- Generated from Metric: `%s` writes it again. -->
                # Metrics

                Served in the Prometheus format at `/q/metrics`, without authentication; let only Prometheus reach the port. Beside these, the
                same address has what Quarkus measures of the process itself (`jvm_`, `process_`, `system_`, `http_server_`, `worker_pool_`).

                No label has a value for each resource: a thousand workgroups make no more series than one. Two metrics have the ARN of a key
                as a label, and only of keys that are in trouble or will be, because an alert has to name them; as many series as trouble.
                Every other series is there from the start, so that the first increase of a counter is seen; outcomes of AWS calls and
                requests other than the good one appear when they first happen. A histogram `x` has the series `x_bucket`, `x_count`
                and `x_sum`, and the longest of the last minutes as `x_max`. Gauges are counted every 10 seconds.

                [Alerts](../../helm/cmek-operator/files/alerts.yaml), each with a [runbook](../runbooks), and a
                [Grafana dashboard](../../helm/cmek-operator/files/dashboard.json) on these metrics are part of the chart.
                See also [health](../operations/health.md) and [logs](../operations/logging.md).

                | metric | type | labels |
                |---|---|---|
                """.formatted(COMMAND));
        for (Metric metric : Metric.values()) {
            page.append("| [%s](#%s) | %s | %s |\n"
                    .formatted(
                            metric.exposedName(),
                            metric.exposedName(),
                            metric.type().exposed(),
                            metric.labels().stream()
                                    .map(label -> "`" + label.name() + "`")
                                    .collect(Collectors.joining(", "))));
        }
        for (Metric metric : Metric.values()) {
            page.append("\n## %s\n\n%s\n\nType: %s%s.\n"
                    .formatted(
                            metric.exposedName(),
                            metric.meaning(),
                            metric.type().exposed(),
                            metric.type() == Metric.Type.GAUGE_OF_TROUBLE ? SOMETIMES : ""));
            if (!metric.labels().isEmpty()) {
                page.append("\n| label | values | meaning |\n|---|---|---|\n");
                metric.labels()
                        .forEach(label -> page.append(
                                "| `%s` | %s | %s |\n".formatted(label.name(), values(label), label.meaning())));
            }
            page.append("\nWhat to do: ").append(metric.remedy()).append('\n');
        }
        return page.toString();
    }

    private static String values(Label label) {
        return label.values().isEmpty()
                ? ANY
                : label.values().stream().map(value -> "`" + value + "`").collect(Collectors.joining(", "));
    }
}
