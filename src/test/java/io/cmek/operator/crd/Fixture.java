package io.cmek.operator.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file under {@code src/test/resources/crd}: manifests that the API server is given one after the other, the first to create
 * an object and the others to edit it, those with a status by its subresource. Those before the last are always accepted; the last is accepted in a {@code valid-*}
 * file, and refused in an {@code invalid-*} file with exactly what the comments {@code # expect:} say.
 */
record Fixture(String plural, String name, List<JsonNode> documents, List<String> expected) {

    private static final Path ROOT = Path.of("src/test/resources/crd");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String EXPECT = "# expect: ";

    static List<Fixture> all() {
        return Stream.concat(in("workgroup", "workgroups"), in("replicacmek", "replicacmeks"))
                .toList();
    }

    static List<JsonNode> manifests(Path file) throws IOException {
        return YAML.readerFor(JsonNode.class)
                .<JsonNode>readValues(file.toFile())
                .readAll();
    }

    boolean isValid() {
        return name.startsWith("valid-");
    }

    @Override
    public String toString() {
        return plural + "/" + name;
    }

    private static Stream<Fixture> in(String folder, String plural) {
        try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
            return files.sorted().map(file -> read(plural, file)).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Fixture read(String plural, Path file) {
        try {
            List<String> expected = Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(EXPECT))
                    .map(line -> line.substring(EXPECT.length()))
                    .toList();
            return new Fixture(plural, file.getFileName().toString().replace(".yaml", ""), manifests(file), expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
