package io.cmek.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.Kubectl.CommandResult;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code admission.databasesWithoutSecondaryCmek: Deny}. */
class StrictAdmissionIT {

    @Test
    void aDatabaseThatWouldHaveToWaitIsRefused() throws Exception {
        try (Installation cluster = Installation.start(Map.of("admission.databasesWithoutSecondaryCmek", "Deny"))) {
            cluster.awaitAdmission();
            String namespace = cluster.namespace();

            assertThat(cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"))
                            .isDone())
                    .isTrue();
            CommandResult said = cluster.apply(namespace, Manifests.workgroup("orders", true, "[orders]"));

            assertThat(said.isDone()).isFalse();
            assertThat(said.errors())
                    .contains("Forbidden", "orders cannot replicate yet", "apply a ReplicaCmek for it");
        }
    }
}
