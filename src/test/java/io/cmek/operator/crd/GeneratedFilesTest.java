package io.cmek.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.chart.ChartFiles;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The committed CRDs, the reference page, and what is made of the chart say what the API types and the chart say. {@code make crds} runs this test with {@code
 * -Dcmek.generate=true}, which writes the files instead of comparing them.
 */
class GeneratedFilesTest {

    @TestFactory
    Stream<DynamicTest> everyGeneratedFileIsCurrent() {
        Map<String, CustomResourceDefinition> crds = CrdSource.generate();
        // In this order: what comes later is made of what comes before.
        Map<Path, Supplier<String>> files = new LinkedHashMap<>();
        crds.forEach((name, crd) -> files.put(Path.of("crds", name), () -> CrdSource.yaml(crd)));
        crds.forEach((name, crd) -> files.put(ChartFiles.CRDS.resolve(name), () -> CrdSource.yaml(crd)));
        files.put(Path.of("docs", "reference", "api.md"), () -> ApiReference.of(crds.values()));
        files.put(ChartFiles.README, ChartFiles::readme);
        files.put(ChartFiles.MANIFESTS, ChartFiles::manifests);
        return files.entrySet().stream()
                .map(file -> DynamicTest.dynamicTest(file.getKey().toString(), () -> {
                    String content = file.getValue().get();
                    if (Boolean.getBoolean("cmek.generate")) {
                        write(file.getKey(), content);
                    }
                    assertThat(file.getKey())
                            .as(
                                    "%s does not say what the API types in src/main/java/io/cmek/operator/api and the chart say. Repair it"
                                            + " with: make crds",
                                    file.getKey())
                            .exists()
                            .content()
                            .isEqualTo(content);
                }));
    }

    private static void write(Path path, String content) throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
