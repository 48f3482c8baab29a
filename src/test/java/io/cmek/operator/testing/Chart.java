package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The chart, as helm reads it. */
public final class Chart {

    public static final Path FOLDER = Path.of("helm", "cmek-operator");
    public static final String RELEASE = "cmek-operator";
    public static final String NAMESPACE = "cmek-system";

    /** Without a cluster, helm takes 1.20 for granted. The same version as dev/control-plane/go.mod. */
    private static final String KUBERNETES = "1.36.3";

    private static final Pattern BETWEEN_DOCUMENTS = Pattern.compile("(?m)^---.*$");

    private Chart() {}

    /**
     * As {@code helm template} does.
     *
     * @param values YAML
     * @throws IllegalStateException with helm's words, where it refuses the values
     */
    public static String render(String values) {
        return render(FOLDER, values);
    }

    /** @param chart the folder or the package */
    public static String render(Path chart, String values) {
        Path file = valuesFile(values);
        try {
            return new Helm(chart)
                    .template()
                    .withName(RELEASE)
                    .withNamespace(NAMESPACE)
                    .withKubeVersion(KUBERNETES)
                    .withValuesFile(file)
                    .call();
        } finally {
            delete(file);
        }
    }

    /** The objects that it renders with these values. */
    public static List<JsonNode> objects(String values) {
        return parse(render(values));
    }

    public static List<JsonNode> parse(String manifests) {
        return Arrays.stream(BETWEEN_DOCUMENTS.split(manifests))
                .map(text -> Serialization.unmarshal(text, JsonNode.class))
                .filter(object -> object != null && object.isObject())
                .toList();
    }

    static Path valuesFile(String values) {
        try {
            return Files.writeString(Files.createTempFile("values-", ".yaml"), values.isBlank() ? "{}" : values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
