package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import io.cmek.operator.testing.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The chart as people get it: one file, into {@code target/chart}. */
class ChartPackageTest {

    private static final Path FOLDER = Path.of("target", "chart");

    @Test
    void thePackageRendersWhatTheFolderDoes() throws IOException {
        for (Path old : packages()) {
            Files.delete(old);
        }
        Files.createDirectories(FOLDER);

        new Helm(Chart.FOLDER).packageIt().withDestination(FOLDER).call();

        assertThat(packages())
                .singleElement()
                .satisfies(file -> assertThat(Chart.render(file, "")).isEqualTo(Chart.render("")));
    }

    private static List<Path> packages() throws IOException {
        if (!Files.isDirectory(FOLDER)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(f -> f.toString().endsWith(".tgz")).toList();
        }
    }
}
