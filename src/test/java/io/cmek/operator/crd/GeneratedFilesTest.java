package io.cmek.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The committed CRDs and the reference page are what the API types say. {@code make crds} runs this test with {@code
 * -Dcmek.generate=true}, which writes the files instead of comparing them.
 */
class GeneratedFilesTest {

    @TestFactory
    Stream<DynamicTest> everyGeneratedFileIsCurrent() {
        Map<String, CustomResourceDefinition> crds = CrdSource.generate();
        Map<Path, String> files = new TreeMap<>();
        crds.forEach((name, crd) -> files.put(Path.of("crds", name), CrdSource.yaml(crd)));
        files.put(Path.of("docs", "reference", "api.md"), ApiReference.of(crds.values()));
        return files.entrySet().stream()
                .map(file -> DynamicTest.dynamicTest(file.getKey().toString(), () -> {
                    if (Boolean.getBoolean("cmek.generate")) {
                        write(file.getKey(), file.getValue());
                    }
                    assertThat(file.getKey())
                            .as(
                                    "%s does not say what the API types in src/main/java/io/cmek/operator/api say. Repair it with: make"
                                            + " crds",
                                    file.getKey())
                            .exists()
                            .content()
                            .isEqualTo(file.getValue());
                }));
    }

    private static void write(Path path, String content) throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
