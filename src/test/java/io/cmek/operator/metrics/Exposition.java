package io.cmek.operator.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a scrape got: the text of {@code /q/metrics}, in the text format 0.0.4 or in OpenMetrics 1.0, which is what Quarkus serves unless asked
 * otherwise (Prometheus documentation, "Exposition formats").
 *
 * @param types of the families, by name
 */
public record Exposition(Map<String, String> types, List<Series> series) {

    private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
    private static final Pattern SAMPLE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)(?: [0-9.]+)?(?: # .*)?");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\",?");

    /** One line: {@code name{labels} value}. */
    public record Series(String name, Map<String, String> labels, double value) {}

    public static Exposition parse(String text) {
        var types = new TreeMap<String, String>();
        var series = new ArrayList<Series>();
        boolean openMetrics = text.stripTrailing().endsWith("# EOF");
        for (String line : text.lines().toList()) {
            Matcher type = TYPE.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (type.matches()) {
                types.put(family(type.group(1), type.group(2), openMetrics), type.group(2));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                if (!sample.matches()) {
                    throw new IllegalArgumentException("not a line of the text format: " + line);
                }
                series.add(new Series(sample.group(1), labels(sample.group(2)), number(sample.group(3))));
            }
        }
        return new Exposition(types, series);
    }

    /** OpenMetrics names a counter without the suffix of its series. */
    private static String family(String name, String type, boolean openMetrics) {
        return openMetrics && type.equals("counter") ? name + "_total" : name;
    }

    private static Map<String, String> labels(@Nullable String text) {
        var labels = new HashMap<String, String>();
        Matcher label = LABEL.matcher(text == null ? "" : text);
        while (label.find()) {
            labels.put(label.group(1), label.group(2));
        }
        return labels;
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    /** The values of the series of this name that have all these labels. */
    public Stream<Double> values(String name, Map<String, String> labels) {
        return series.stream()
                .filter(s -> s.name().equals(name) && s.labels().entrySet().containsAll(labels.entrySet()))
                .map(Series::value);
    }
}
