package io.cmek.operator.metrics;

import io.cmek.operator.metrics.MetricsPage.Documented;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What an expression of PromQL names. No parser: it finds the operator's metrics, their matchers and the labels of aggregations. */
record PromQl(String expression) {

    /** The labels that Prometheus gives every series that it scrapes (Prometheus documentation, "Jobs and instances"). */
    private static final Set<String> OF_THE_TARGET = Set.of("job", "instance");

    private static final Pattern SELECTOR = Pattern.compile("\\b(cmek_\\w+)\\b\\s*(?:\\{([^}]*)})?\\s*(\\[[^]]+])?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(by|without)\\s*\\(([^)]*)\\)");
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");

    /** The metrics that it reads, as {@code MetricsPage} knows them. */
    Set<String> metrics(MetricsPage page) {
        return SELECTOR.matcher(expression)
                .results()
                .flatMap(r -> page.metricOf(r.group(1)).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The labels that its result can have; all of the metrics where nothing is aggregated. */
    Set<String> labelsOfResult(MetricsPage page) {
        List<String> kept = groupings();
        return kept.isEmpty()
                ? metrics(page).stream()
                        .flatMap(m -> page.metrics().get(m).labels().keySet().stream())
                        .collect(Collectors.toSet())
                : new HashSet<>(kept);
    }

    private List<String> groupings() {
        return GROUPING.matcher(expression)
                .results()
                .flatMap(r -> Arrays.stream(r.group(2).split("\\s*,\\s*")))
                .map(String::strip)
                .toList();
    }

    /** What is wrong with it, a sentence each. */
    List<String> problems(MetricsPage page) {
        var problems = new ArrayList<String>();
        if (!balanced()) {
            problems.add("parentheses do not match");
        }
        var labels = new HashSet<>(OF_THE_TARGET);
        Matcher selector = SELECTOR.matcher(expression);
        boolean any = false;
        while (selector.find()) {
            any = true;
            String name = selector.group(1);
            Optional<String> metric = page.metricOf(name);
            if (metric.isEmpty()) {
                problems.add(name + " is no metric of the operator");
                continue;
            }
            Documented documented = page.metrics().get(metric.get());
            labels.addAll(documented.labels().keySet());
            if (documented.type().equals("histogram") && name.equals(metric.get())) {
                problems.add(name + " is a histogram and has no series of that name");
            }
            if (name.endsWith("_bucket")) {
                labels.add("le");
            }
            boolean grows = documented.type().equals("counter") || name.matches(".*_(bucket|count|sum)");
            if (grows != (selector.group(3) != null)) {
                problems.add(
                        name + (grows ? " is a counter and needs a range" : " is a gauge and is read without a range"));
            }
            problems.addAll(matchers(name, selector.group(2) == null ? "" : selector.group(2), documented.labels()));
        }
        if (!any) {
            problems.add("names no metric of the operator");
        }
        groupings().stream()
                .filter(label -> !labels.contains(label))
                .forEach(label -> problems.add("groups by " + label + ", which no metric in it has"));
        return problems;
    }

    private static List<String> matchers(String name, String text, Map<String, Set<String>> labels) {
        var problems = new ArrayList<String>();
        Matcher matcher = MATCHER.matcher(text);
        while (matcher.find()) {
            String label = matcher.group(1);
            if (OF_THE_TARGET.contains(label)) {
                continue;
            }
            Set<String> values = labels.get(label);
            if (values == null) {
                problems.add(name + " has no label " + label);
            } else if (!values.isEmpty()) {
                Arrays.stream(matcher.group(3).split("\\|"))
                        .filter(value -> !values.contains(value))
                        .forEach(value -> problems.add(label + " of " + name + " is never '" + value + "'"));
            }
        }
        return problems;
    }

    private boolean balanced() {
        var open = new ArrayDeque<Character>();
        for (char c : QUOTED.matcher(expression).replaceAll("").toCharArray()) {
            switch (c) {
                case '(', '[', '{' -> open.push(c);
                case ')', ']', '}' -> {
                    if (open.isEmpty() || "()[]{}".indexOf(open.pop()) + 1 != "()[]{}".indexOf(c)) {
                        return false;
                    }
                }
                default -> {}
            }
        }
        return open.isEmpty();
    }
}
