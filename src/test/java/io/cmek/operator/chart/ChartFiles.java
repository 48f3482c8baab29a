package io.cmek.operator.chart;

import io.cmek.operator.testing.Chart;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** What is generated from the chart, or into it. */
public final class ChartFiles {

    /** The copies of the CRDs, which helm packs. */
    public static final Path CRDS = Chart.FOLDER.resolve("files").resolve("crds");

    public static final Path README = Chart.FOLDER.resolve("README.md");
    public static final Path MANIFESTS = Path.of("helm", "cmek-operator.yaml");

    private static final String HEADER = """
            # The operator for clusters without Helm: what the chart installs with its default values. Generated from helm/cmek-operator: `make crds`
            # writes it again. Before you apply it, set the image in the Deployment, and the tenants in the ConfigMap; see docs/install.md.
            apiVersion: v1
            kind: Namespace
            metadata:
              name: cmek-system
              labels:
                app.kubernetes.io/name: cmek-operator
                pod-security.kubernetes.io/enforce: restricted
            """;

    private ChartFiles() {}

    public static String readme() {
        return ChartReadme.of(README, Chart.FOLDER.resolve("values.yaml"));
    }

    /** Without what only helm reads. */
    public static String manifests() {
        return HEADER
                + Chart.render("")
                        .lines()
                        .filter(line -> !line.startsWith("# Source: "))
                        .filter(line ->
                                !line.strip().matches("helm\\.sh/chart: .*|app\\.kubernetes\\.io/managed-by: Helm"))
                        .collect(Collectors.joining("\n", "", "\n"));
    }
}
