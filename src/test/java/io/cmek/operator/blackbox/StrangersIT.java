package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What anybody with {@code edit} may write into objects costs the operator bounded memory, and is left as it is. */
class StrangersIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().withOwnEnvironment().withoutOperator();

    /** 250 KiB each. The operator gets three eighths of the chart's heap, of which it needs half for itself: no two copies of them fit in. */
    private static final int OBJECTS = 120;

    @Test
    void objectsFullOfAnnotationsAndLabelsDoNotFillAHeapSmallerThanTheCharts() throws IOException {
        TestNamespace team = ENVIRONMENT.team();
        var annotations = Map.of("example.com/note", "x".repeat(250 << 10));
        var labels = new HashMap<String, String>();
        IntStream.range(0, 50).forEach(i -> labels.put("%063d".formatted(i), "y".repeat(63)));
        IntStream.range(0, OBJECTS).parallel().forEach(i -> {
            var large = new Workgroup();
            large.setMetadata(new ObjectMetaBuilder()
                    .withNamespace(team.namespace())
                    .withName("large-" + i)
                    .withAnnotations(annotations)
                    .withLabels(labels)
                    .withFinalizers("example.com/theirs")
                    .build());
            large.setSpec(new WorkgroupSpec(REGION, null, null, null, null, null, null));
            team.installation().client().resource(large).create();
        });

        try (OperatorProcess operator = ENVIRONMENT
                .launch(Map.of(), "-Xmx" + heapOfTheChart() * 3 / 8, "-XX:+ExitOnOutOfMemoryError")
                .awaitReady()) {
            team.apply(workgroup("orders", ENVIRONMENT.aws().createKey(REGION), team.namespace() + "-orders")
                    .toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            for (int i = 0; i < OBJECTS; i++) {
                team.awaitWorkgroup("large-" + i, EncryptionState.DISABLED);
            }
            assertThat(operator.log()).doesNotContain("OutOfMemoryError");

            // It has its finalizer and its status, and lost nothing for them.
            JsonNode stored = stored(team, "large-0");
            assertThat(stored.at("/metadata/finalizers")).hasSize(2);
            assertKept(stored, labels);
            team.kubectl("delete", "workgroup/large-0", "--wait=false").orThrow();
            org.awaitility.Awaitility.await("its own finalizer alone is gone")
                    .until(() -> stored(team, "large-0")
                            .at("/metadata/finalizers")
                            .toString()
                            .equals("[\"example.com/theirs\"]"));
            assertKept(stored(team, "large-0"), labels);
        }
    }

    private static void assertKept(JsonNode stored, Map<String, String> labels) {
        assertThat(stored.path("metadata")
                        .path("annotations")
                        .path("example.com/note")
                        .textValue())
                .hasSize(250 << 10);
        assertThat(stored.at("/metadata/labels")).hasSize(labels.size());
    }

    private static JsonNode stored(TestNamespace team, String name) {
        return Serialization.unmarshal(
                team.kubectl("get", "workgroup", name, "-o", "json").orThrow().output(), JsonNode.class);
    }

    /** Half of the memory limit, as the chart says. */
    private static long heapOfTheChart() throws IOException {
        JsonNode values = Serialization.unmarshal(
                "---\n" + Files.readString(Path.of("helm", "cmek-operator", "values.yaml")), JsonNode.class);
        return Quantity.getAmountInBytes(new Quantity(
                                values.at("/resources/limits/memory").textValue()))
                        .longValueExact()
                / 2;
    }
}
