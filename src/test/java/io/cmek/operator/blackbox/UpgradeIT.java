package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.Chart;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An operator that comes after another, with resources that were there before it: what is in place stays, and so does what is said of it. */
class UpgradeIT {

    private static final String RELEASED = "src/test/resources/crd-released";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private TestNamespace team;
    private String dataKey;
    private String secondaryKey;

    @BeforeEach
    void team() {
        team = ENVIRONMENT.team();
        dataKey = ENVIRONMENT.aws().createKey(REGION);
        secondaryKey = ENVIRONMENT.aws().createKey(SECONDARY_REGION);
    }

    private String dataBucket() {
        return team.namespace() + "-data";
    }

    private String secondaryBucket() {
        return team.namespace() + "-secondary";
    }

    private String manifests() {
        return workgroup("orders", dataKey, dataBucket()).replicating("invoices")
                + "---\n"
                + replica("orders-west", "orders", secondaryKey, secondaryBucket());
    }

    private void applyAndAwaitEnabled() {
        team.apply(workgroup("orders", dataKey, dataBucket()).toString());
        team.apply(manifests());
        awaitEnabled();
    }

    private void awaitEnabled() {
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        team.awaitReplica("orders-west", EncryptionState.ENABLED);
        team.awaitReason("orders", "Ready", "Ready");
    }

    /** Everything of AWS that the operator has its hands on. */
    private List<Object> aws() {
        var all = new ArrayList<Object>();
        for (String key : List.of(dataKey, secondaryKey)) {
            all.add(ENVIRONMENT.aws().policy(key));
        }
        all.add(ENVIRONMENT.aws().encryption(REGION, dataBucket()));
        all.add(ENVIRONMENT.aws().encryption(SECONDARY_REGION, secondaryBucket()));
        return all;
    }

    @Test
    void fromTheCrdsOfTheLastRelease() {
        team.kubectl("replace", "-f", RELEASED).orThrow();
        try (OperatorProcess before = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            applyAndAwaitEnabled();
        }
        List<Object> aws = aws();
        long[] generations = generations();
        ENVIRONMENT.proxy().resetCounts();

        ENVIRONMENT.installation().upgrade(Chart.RELEASE, "");
        assertThat(team.kubectl("diff", "-f", "crds").exitCode())
                .as("the upgrade brings the CRDs, as they are in crds/")
                .isZero();
        // Nobody writes a status before that; and the API server ends all watches of a kind whose CRD changes.
        try (Statuses<WorkgroupStatus> workgroups = team.statuses(Workgroup.class);
                Statuses<ReplicaCmekStatus> replicas = team.statuses(ReplicaCmek.class)) {
            try (OperatorProcess after = ENVIRONMENT.launch(Map.of()).awaitReady()) {
                awaitTwoReads();
            }

            assertThat(workgroups.of("orders"))
                    .isNotEmpty()
                    .extracting(WorkgroupStatus::encryption)
                    .containsOnly(EncryptionState.ENABLED);
            assertThat(replicas.of("orders-west"))
                    .isNotEmpty()
                    .extracting(ReplicaCmekStatus::encryption)
                    .containsOnly(EncryptionState.ENABLED);
        }
        assertThat(ENVIRONMENT.proxy().writes()).isZero();
        assertThat(aws()).isEqualTo(aws);
        team.apply(manifests());
        assertThat(generations()).as("no field has another meaning or default").isEqualTo(generations);
    }

    private long[] generations() {
        return new long[] {
            team.workgroup("orders").getMetadata().getGeneration(),
            team.replica("orders-west").getMetadata().getGeneration()
        };
    }

    @Test
    void uninstallingLeavesAwsAsItIsAndInstallingAgainFindsItSo() {
        try (OperatorProcess before = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            applyAndAwaitEnabled();
            List<Object> aws = aws();
            ENVIRONMENT.proxy().resetCounts();

            ENVIRONMENT.installation().uninstall(Chart.RELEASE);
            // Without its roles it hears 403 from now on, as in the moments before its pod ends.
            before.close();

            assertThat(ENVIRONMENT.proxy().writes()).isZero();
            assertThat(aws()).isEqualTo(aws);
            assertThat(team.workgroup("orders").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);

            ENVIRONMENT.installation().install(Chart.RELEASE, "");
            try (OperatorProcess after = ENVIRONMENT.launch(Map.of()).awaitReady()) {
                awaitTwoReads();
                awaitEnabled();
            }
            assertThat(ENVIRONMENT.proxy().writes()).isZero();
            assertThat(aws()).isEqualTo(aws);
        }
    }

    private static void awaitTwoReads() {
        ENVIRONMENT.proxy().awaitMore("kms:GetKeyPolicy", 4, Duration.ofSeconds(60));
    }
}
