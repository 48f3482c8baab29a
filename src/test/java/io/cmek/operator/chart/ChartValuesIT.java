package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.testing.Chart;
import io.cmek.operator.testing.Cluster;
import io.cmek.operator.testing.Kubectl;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the chart renders with each choice of values, as a real API server judges it. */
class ChartValuesIT {

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.start();
        cluster.kubectl().must("create", "namespace", Chart.NAMESPACE);
        cluster.kubectl().must("create", "namespace", "monitoring");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    static Stream<String> values() {
        return Stream.concat(Stream.of(""), ChartTest.choices().map(ChartTest.Choice::values))
                .distinct();
    }

    /** Strictly: an unknown field is an error. The kinds of the Prometheus operator are not known here. */
    @ParameterizedTest
    @MethodSource("values")
    void theApiServerAcceptsWhatIsRendered(String values) {
        String manifests = Chart.objects(values).stream()
                .filter(o -> !o.get("apiVersion").asText().startsWith("monitoring.coreos.com/"))
                .map(Serialization::asYaml)
                .collect(Collectors.joining("---\n"));

        Kubectl.CommandResult said =
                cluster.kubectl().run(manifests, "create", "--dry-run=server", "--validate=strict", "-f", "-");

        assertThat(said.exitCode()).as(said.errors()).isZero();
        assertThat(said.errors()).isEmpty();
    }
}
