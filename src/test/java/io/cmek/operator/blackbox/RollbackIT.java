package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.testing.NextVersion;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** An operator that comes after a newer one: what it does not understand harms nobody, and it neither gives nor takes for it. */
class RollbackIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private TestNamespace team;

    @BeforeEach
    void team() {
        team = ENVIRONMENT.team();
    }

    @AfterEach
    void rollBack() {
        NextVersion.rollBack(team);
    }

    private String bucket(String workgroup) {
        return team.namespace() + "-" + workgroup;
    }

    private Manifests onKey(String name, String key) {
        return workgroup(name, key, bucket(name));
    }

    private void patch(String resource, String patch, String... more) {
        var arguments = new java.util.ArrayList<>(java.util.List.of("patch", resource, "--type=merge", "-p", patch));
        arguments.addAll(java.util.List.of(more));
        team.kubectl(arguments.toArray(String[]::new)).orThrow();
    }

    private static void awaitTwoReads() {
        ENVIRONMENT.proxy().awaitMore("kms:DescribeKey", 6, Duration.ofSeconds(60));
    }

    private static double unreadable(OperatorProcess operator, String kind) {
        return operator.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("cmek_unreadable_resources{") && line.contains('"' + kind + '"'))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private void awaitEvent(String name, String text) {
        await("an Event about " + name)
                .atMost(Duration.ofSeconds(60))
                .until(() -> team.kubectl(
                                "get",
                                "events.events.k8s.io",
                                "-o",
                                "jsonpath={range .items[?(@.reason==\"Unreadable\")]}{.regarding.name}: {.note}{\"\\n\"}{end}")
                        .orThrow()
                        .output()
                        .lines()
                        .anyMatch(line -> line.startsWith(name + ": ") && line.contains(text)));
    }

    private boolean isStored(String name) {
        return team.kubectl("get", "workgroup", name).isDone();
    }

    @Test
    void whatANewerVersionStoredStopsNothingAndNothingIsGuessed() {
        String oldKey = ENVIRONMENT.aws().createKey(REGION);
        String observedKey = ENVIRONMENT.aws().createKey(REGION);
        String sharedKey = ENVIRONMENT.aws().createKey(REGION);
        String adoptedKey = ENVIRONMENT.aws().createKey(REGION);
        try (OperatorProcess before = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            team.apply(onKey("old", oldKey).toString());
            team.apply(onKey("observed", observedKey).toString());
            team.apply(onKey("newer", sharedKey).with("deletionPolicy: Release").toString());
            team.apply(onKey("neighbour", sharedKey)
                    .with("deletionPolicy: Release")
                    .toString());
            for (String name : new String[] {"old", "observed", "newer", "neighbour"}) {
                team.awaitWorkgroup(name, EncryptionState.ENABLED);
            }
        }
        NextVersion.install(team);
        patch("workgroup/old", "{\"status\": {\"encryption\": \"LOCKED\"}}", "--subresource=status");
        team.kubectl(
                        "patch",
                        "workgroup/old",
                        "--subresource=status",
                        "--type=json",
                        "-p",
                        "[{\"op\": \"replace\", \"path\": \"/status/keys/0/state\", \"value\": \"LOCKED\"}]")
                .orThrow();
        patch("workgroup/observed", "{\"spec\": {\"policyManagement\": \"Observe\"}}");
        patch("workgroup/newer", "{\"spec\": {\"volumes\": \"gp3\"}}");
        team.apply(workgroup("adopted")
                .with("cmek: {dataBucketKeyID: \"" + adoptedKey + "\"}")
                .with("buckets: {data: " + bucket("adopted") + ", provisioning: Adopt}")
                .toString());
        NextVersion.rollBack(team);
        JsonNode sharedPolicy = ENVIRONMENT.aws().policy(sharedKey);

        try (OperatorProcess after = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            team.apply(onKey("fresh", ENVIRONMENT.aws().createKey(REGION)).toString());
            team.awaitWorkgroup("fresh", EncryptionState.ENABLED);
            team.awaitWorkgroup(
                    "old",
                    "it is ENABLED again, line by line",
                    s -> s.encryption() == EncryptionState.ENABLED
                            && s.keys().getFirst().state() == KeyEncryptionState.ENABLED);
            assertThat(after.get("/q/health/live").statusCode()).isEqualTo(200);

            // A value of the spec that is not known: of one that was served, and of one that never was.
            Condition observed = team.awaitReason("observed", "Accepted", "Pending");
            assertThat(observed.status()).isEqualTo("Unknown");
            assertThat(observed.message()).contains("spec.policyManagement", "'Observe'");
            assertThat(team.workgroup("observed").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);
            Condition adopted = team.awaitReason("adopted", "Accepted", "Pending");
            assertThat(adopted.message()).contains("spec.buckets.provisioning", "'Adopt'");
            String emptied = """
                    {"Version": "2012-10-17", "Statement": [{"Sid": "Root", "Effect": "Allow",
                      "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}""";
            ENVIRONMENT.aws().setPolicy(observedKey, emptied);
            awaitTwoReads();
            assertThat(ENVIRONMENT.aws().sids(observedKey)).containsExactly("Root");
            assertThat(ENVIRONMENT.aws().statementsOf("default", adoptedKey)).isEmpty();
            assertThatThrownBy(() -> ENVIRONMENT.aws().encryption(REGION, bucket("adopted")))
                    .isInstanceOf(S3Exception.class);
            assertThat(team.installation()
                            .kubectl()
                            .run(null, "get", "storageclass", "cmek-" + team.namespace() + "-adopted")
                            .isDone())
                    .isFalse();
            patch("workgroup/observed", "{\"spec\": {\"policyManagement\": \"Managed\"}}");
            await("its key policy is mended")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> !ENVIRONMENT
                            .aws()
                            .statementsOf("default", observedKey)
                            .isEmpty());

            // One that cannot be read is named, and nothing is taken from its key.
            awaitEvent("newer", "spec.volumes");
            assertThat(after.log()).contains("Workgroup " + team.namespace() + "/newer: Unreadable: ");
            assertThat(unreadable(after, "Workgroup")).isEqualTo(1);
            assertThat(unreadable(after, "ReplicaCmek")).isZero();
            team.kubectl("delete", "workgroup/neighbour", "workgroup/newer", "--wait=false")
                    .orThrow();
            await("the release that says what it waits for")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> {
                        Condition held = team.awaitReason("neighbour", "Deletable", "Pending");
                        assertThat(held.status()).isEqualTo("Unknown");
                        assertThat(held.message())
                                .contains("a resource that this version of the operator cannot read")
                                .doesNotContain("newer")
                                .hasSizeLessThan(600);
                    });
            awaitTwoReads();
            assertThat(ENVIRONMENT.aws().policy(sharedKey)).isEqualTo(sharedPolicy);
            assertThat(isStored("newer")).isTrue();
            assertThat(isStored("neighbour")).isTrue();

            // Upgraded again, and its field put right.
            NextVersion.install(team);
            patch("workgroup/newer", "{\"spec\": {\"volumes\": null}}");
            NextVersion.rollBack(team);
            team.awaitGone("workgroup", "newer");
            team.awaitGone("workgroup", "neighbour");
            assertThat(ENVIRONMENT.aws().statementsOf("default", sharedKey)).isEmpty();
            assertThat(unreadable(after, "Workgroup")).isZero();
            assertThat(after.get("/q/health/live").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatANewerVersionWritesWhileThisOneRunsStopsNothing() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        String secondaryKey = ENVIRONMENT.aws().createKey(SECONDARY_REGION);
        String archivedKey = ENVIRONMENT.aws().createKey(REGION);
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            team.apply(onKey("orders", key).replicating("invoices").toString());
            team.apply(replica("west", "orders", secondaryKey, bucket("west"))
                    .with("deletionPolicy: Release")
                    .toString());
            team.apply(onKey("archived", archivedKey).toString());
            team.awaitReplica("west", EncryptionState.ENABLED);
            team.awaitWorkgroup("archived", EncryptionState.ENABLED);
            JsonNode archivedPolicy = ENVIRONMENT.aws().policy(archivedKey);
            JsonNode secondaryPolicy = ENVIRONMENT.aws().policy(secondaryKey);

            NextVersion.install(team);
            team.apply("""
                    apiVersion: cmek.io/v1alpha1
                    kind: Workgroup
                    metadata: {name: newer}
                    spec: {region: us-east-1, volumes: gp3, cmek: {dataBucketKeyID: "%s"}, buckets: {data: %s},
                      replication: {region: us-west-2}}
                    """.formatted(ENVIRONMENT.aws().createKey(REGION), bucket("newer")));
            patch("workgroup/orders", "{\"spec\": {\"volumes\": \"gp3\"}}");
            awaitEvent("newer", "spec.volumes");
            awaitEvent("orders", "spec.volumes");
            assertThat(unreadable(operator, "Workgroup")).isEqualTo(2);
            team.apply(onKey("fresh", ENVIRONMENT.aws().createKey(REGION)).toString());
            team.awaitWorkgroup("fresh", EncryptionState.ENABLED);
            assertThat(operator.get("/q/health/live").statusCode()).isEqualTo(200);
            assertThat(operator.get("/q/health/ready").statusCode()).isEqualTo(200);

            // A ReplicaCmek of it does not have it reconciled, which would put a finalizer on it.
            team.apply(
                    replica("newer-west", "newer", ENVIRONMENT.aws().createKey(SECONDARY_REGION), bucket("newer-west"))
                            .toString());
            assertThat(team.awaitReplicaReason("newer-west", "Accepted", "Pending")
                            .message())
                    .contains("'newer'", "cannot read");

            // Nothing was ever done for it, so it goes as it came.
            team.kubectl("delete", "workgroup/newer", "--timeout=30s").orThrow();

            // Whether the Workgroup replicates cannot be read.
            team.kubectl("delete", "replicacmek/west", "--wait=false").orThrow();
            assertThat(team.awaitReplicaReason("west", "Deletable", "Pending").message())
                    .contains("'orders'", "cannot read");
            assertThat(team.replica("west").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);

            // What is to become of the statements is not known.
            patch("workgroup/archived", "{\"spec\": {\"deletionPolicy\": \"Archive\"}}");
            assertThat(team.awaitReason("archived", "Accepted", "Pending").message())
                    .contains("spec.deletionPolicy", "'Archive'");
            team.kubectl("delete", "workgroup/archived", "--wait=false").orThrow();
            Condition held = team.awaitReason("archived", "Deletable", "Pending");
            assertThat(held.status()).isEqualTo("Unknown");
            assertThat(held.message())
                    .contains("spec.deletionPolicy", "'Archive'")
                    .hasSizeLessThan(600);
            awaitTwoReads();
            assertThat(condition(team.workgroup("archived").getStatus(), "Deletable")
                            .status())
                    .isEqualTo("Unknown");
            assertThat(ENVIRONMENT.aws().policy(archivedKey)).isEqualTo(archivedPolicy);
            assertThat(ENVIRONMENT.aws().policy(secondaryKey)).isEqualTo(secondaryPolicy);
            patch("workgroup/archived", "{\"spec\": {\"deletionPolicy\": \"Retain\"}}");
            team.awaitGone("workgroup", "archived");
            assertThat(ENVIRONMENT.aws().policy(archivedKey)).isEqualTo(archivedPolicy);

            // It replicates: so it says why it stays, once that can be read.
            patch("workgroup/orders", "{\"spec\": {\"volumes\": null}}");
            team.awaitReplicaReason("west", "Deletable", "InUse");
            await("all can be read").atMost(Duration.ofSeconds(30)).until(() -> unreadable(operator, "Workgroup") == 0);
        }
    }
}
