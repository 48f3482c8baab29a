package io.cmek.operator.chart;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The README of the chart: its own words, and a table made of the comments of values.yaml. */
final class ChartReadme {

    private static final String BEGIN = "<!-- Generated from values.yaml: `make crds` writes it again. -->\n";
    private static final String END = "<!-- End of what is generated. -->\n";
    private static final Pattern KEY = Pattern.compile("( *)([A-Za-z]\\w*):.*");
    private static final Pattern COMMENT = Pattern.compile(" *# ?(.*)");
    private static final String INDENT = "  ";

    private ChartReadme() {}

    /** @return the README, as it is with the table of now */
    static String of(Path readme, Path values) {
        try {
            String now = Files.readString(readme);
            int begin = now.indexOf(BEGIN);
            int end = now.indexOf(END);
            if (begin < 0 || end < begin) {
                throw new IllegalStateException(
                        readme + " has lost the lines between which the values are: " + BEGIN + END);
            }
            return now.substring(0, begin + BEGIN.length()) + table(Files.readString(values)) + now.substring(end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String table(String values) {
        var table = new StringBuilder("\n| value | default | meaning |\n|---|---|---|\n");
        JsonNode defaults = Serialization.unmarshal(values, JsonNode.class);
        Map<String, String> comments = comments(values);
        comments.forEach((path, comment) -> {
            JsonNode fallback = defaults.at("/" + path.replace('.', '/'));
            boolean hasRows = comments.keySet().stream().anyMatch(other -> other.startsWith(path + "."));
            table.append("| `%s` | %s | %s |\n"
                    .formatted(path, hasRows ? "" : "`" + fallback + "`", comment.replace("|", "\\|")));
        });
        return table.append('\n').toString();
    }

    /** What is written above each key, by the key's path, in the order of the file. */
    static Map<String, String> comments(String values) {
        var comments = new LinkedHashMap<String, String>();
        var path = new ArrayList<String>();
        var above = new ArrayList<String>();
        for (String line : values.lines().toList()) {
            Matcher comment = COMMENT.matcher(line);
            Matcher key = KEY.matcher(line);
            if (comment.matches()) {
                above.add(comment.group(1));
            } else if (key.matches()) {
                int depth = key.group(1).length() / INDENT.length();
                path.subList(depth, path.size()).clear();
                path.add(key.group(2));
                if (!above.isEmpty()) {
                    comments.put(String.join(".", path), String.join(" ", above));
                }
                above.clear();
            } else {
                above.clear();
            }
        }
        return comments;
    }

    /** The paths of all values; what is a map of the user's own, or has no comments inside, is one value. */
    static List<String> values(JsonNode group, String prefix, Map<String, String> comments) {
        var paths = new ArrayList<String>();
        group.fields().forEachRemaining(field -> {
            String path = prefix + field.getKey();
            boolean documentedInside = comments.keySet().stream().anyMatch(other -> other.startsWith(path + "."));
            if (documentedInside) {
                paths.addAll(values(field.getValue(), path + ".", comments));
            } else {
                paths.add(path);
            }
        });
        return paths;
    }
}
