package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.condition;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.BlockedDatabase;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.testing.AwsProxy.Injected;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is deleted goes as soon as nothing needs it, takes with it what it should and nothing else, and waits for AWS only where it must. */
class DeletionIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    private LocalAws aws;
    private TestNamespace team;
    private String primaryKey;
    private String secondaryKey;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        primaryKey = aws.createKey(REGION);
        secondaryKey = aws.createKey(SECONDARY_REGION);
    }

    /** What is asked about the keys and buckets of the test. */
    private Injected inject(Fault fault) {
        return ENVIRONMENT.proxy().inject(fault.about(primaryKey, secondaryKey, team.namespace() + "-"));
    }

    // -- what holds what

    @SideBySide
    @Test
    void aReplicaCmekInUseIsHeldUntilReplicationEnds() {
        replicate("Retain", "orders", "billing");
        JsonNode secondaryPolicy = aws.policy(secondaryKey);
        JsonNode primaryPolicy = aws.policy(primaryKey);

        delete("rcmek/west");
        Condition held = team.awaitReplicaReason("west", "Deletable", "InUse");
        assertThat(held.message())
                .contains("Workgroup orders replicates orders, billing", "spec.replication.databases");
        assertThat(condition(team.replica("west").getStatus(), "Ready").reason())
                .as("its keys are as good as before")
                .isIn("Ready", "InUse");

        // Who comes now waits; who replicates goes on.
        team.apply(orders("Retain", primaryKey)
                .replicating("orders", "billing", "crm")
                .toString());
        team.awaitWorkgroup(
                "orders",
                "crm waits",
                s -> s.replication().blocked().equals(List.of(new BlockedDatabase("crm", "SecondaryNotReady")))
                        && s.replication().admitted().equals(List.of("orders", "billing")));

        team.apply(orders("Retain", primaryKey).replicating().toString());
        team.awaitGone("rcmek", "west");
        assertThat(aws.policy(secondaryKey)).isEqualTo(secondaryPolicy);
        assertThat(aws.policy(primaryKey)).isEqualTo(primaryPolicy);
        team.awaitReason("orders", "ReplicationAllowed", "NotRequested");
    }

    @SideBySide
    @Test
    void aWorkgroupWaitsForItsReplicaCmekWhichGoesAtOnceThen() {
        replicate("Retain", "orders");

        delete("wg/orders");
        Condition held = team.awaitReason("orders", "Deletable", "InUse");
        assertThat(held.message()).contains("its ReplicaCmek west exists", "Delete the ReplicaCmek, too");
        assertThat(team.replica("west")).isNotNull();

        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();
        team.awaitGone("wg", "orders");
    }

    static Stream<Arguments> orders() {
        return Stream.of(
                Arguments.argumentSet("the Workgroup first", List.of("wg/orders", "rcmek/west")),
                Arguments.argumentSet("the ReplicaCmek first", List.of("rcmek/west", "wg/orders")));
    }

    @SideBySide
    @ParameterizedTest
    @MethodSource("orders")
    void deletedTogetherInAnyOrderBothGo(List<String> order) {
        replicate("Release", "orders");

        team.kubectl("delete", order.getFirst(), order.getLast(), "--timeout=30s")
                .orThrow();

        assertThat(team.workgroup("orders")).isNull();
        assertThat(team.replica("west")).isNull();
        assertThat(ours(primaryKey)).isEmpty();
        assertThat(ours(secondaryKey)).isEmpty();
    }

    @SideBySide
    @Test
    void aNamespaceIsDeletedWhole() {
        replicate("Retain", "orders", "billing");
        team.apply(workgroup("plain").toString());
        // Refused, and without its Workgroup: they go, too.
        team.apply(replica("second", "orders", secondaryKey, team.namespace() + "-second")
                .toString());
        team.apply(replica("alone", "nobody", secondaryKey, team.namespace() + "-alone")
                .toString());
        team.awaitReplicaReason("second", "Accepted", "AlreadyConfigured");
        team.awaitReplicaReason("alone", "Accepted", "WorkgroupNotFound");
        String storageClass = team.workgroup("orders").getStatus().storageClassName();

        ENVIRONMENT.installation().kubectl().must("delete", "namespace", team.namespace(), "--timeout=60s");

        assertThat(ENVIRONMENT
                        .installation()
                        .kubectl()
                        .run(null, "get", "storageclass", storageClass)
                        .errors())
                .contains("NotFound");
    }

    // -- what is taken away

    @SideBySide
    @Test
    void releaseTakesAwayWhatNoLiveRequestNeeds() {
        JsonNode before = aws.policy(primaryKey);
        replicate("Release", "orders");
        // Somebody else has the secondary's key as a backup key, and the primary's as a data key.
        team.apply(workgroup("other", primaryKey, team.namespace() + "-other")
                .with("policyManagement: Publish")
                .toString());
        team.awaitWorkgroup("other", EncryptionState.ENABLED);

        delete("rcmek/west");
        delete("wg/orders");
        team.awaitGone("rcmek", "west");
        team.awaitGone("wg", "orders");

        assertThat(ours(secondaryKey)).isEmpty();
        assertThat(ours(primaryKey))
                .as("the other one relies on them, though it lets nobody write them")
                .containsExactly("DataUse", "DataGrants");
        assertThat(aws.policy(primaryKey).get("Statement").get(0))
                .isEqualTo(before.get("Statement").get(0));
        assertThat(team.workgroup("other").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aMultiRegionKeyIsReleasedOnTheSideThatNobodyUsesAnyMore() {
        String primary = aws.createKey(REGION, r -> r.multiRegion(true));
        String secondary = aws.replicateKey(primary, SECONDARY_REGION);
        JsonNode before = aws.policy(secondary);
        team.apply(orders("Release", primary).replicating("orders").toString());
        team.apply(west("Release", secondary).toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
        await().atMost(Duration.ofSeconds(20)).until(() -> ours(secondary).size() == 3);

        team.apply(orders("Release", primary).replicating().toString());
        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();

        assertThat(aws.policy(secondary)).isEqualTo(before);
        assertThat(ours(primary)).containsExactlyInAnyOrder("DataUse", "DataGrants");
        team.kubectl("delete", "wg", "orders", "--timeout=30s").orThrow();
        assertThat(ours(primary)).isEmpty();
    }

    @SideBySide
    @Test
    void releaseWaitsForAwsAndSaysSoInjected() {
        replicate("Release");
        Injected fault = inject(Fault.status(500));

        delete("rcmek/west");
        Condition waiting = team.awaitReplicaReason("west", "PolicyApplied", "AwsUnavailable");
        // Before anything is taken from a policy, it is read.
        assertThat(waiting.message()).contains("its policy could not be", "kms:GetKeyPolicy", "500");
        ReplicaCmekStatus status = team.replica("west").getStatus();
        assertThat(condition(status, "Deletable")).returns("Unknown", Condition::status);
        assertThat(condition(status, "Deletable").message()).contains("the key policies no longer grant its access");
        assertThat(status.encryption())
                .as("nothing is wrong with its keys and buckets")
                .isEqualTo(EncryptionState.ENABLED);
        assertThat(ours(secondaryKey)).isNotEmpty();

        fault.close();
        team.awaitGone("rcmek", "west");
        assertThat(ours(secondaryKey)).isEmpty();
    }

    // -- what waits for AWS

    @SideBySide
    @Test
    void retainNeverWaitsForAwsWhichAnswersNothingInjected() {
        replicate("Retain", "orders");
        JsonNode primaryPolicy = aws.policy(primaryKey);
        Injected fault = inject(Fault.hanging());

        assertGoesAtOnce();

        fault.close();
        assertThat(aws.policy(primaryKey)).isEqualTo(primaryPolicy);
    }

    @SideBySide
    @Test
    void retainNeverWaitsForAwsWhichAnswersErrorsInjected() {
        replicate("Retain", "orders");
        inject(Fault.status(500));

        assertGoesAtOnce();
    }

    /** Nothing was seen of its keys, and somebody waits for the first read. */
    @SideBySide
    @Test
    void retainDoesNotEvenWaitForAFirstReadThatHangsInjected() {
        inject(Fault.hanging());
        team.apply(orders("Retain", primaryKey).replicating("orders").toString());
        team.apply(west("Retain", secondaryKey).toString());
        team.awaitWorkgroup("orders", "has its first status", s -> !s.keys().isEmpty());
        team.awaitReplica("west", "has its first status", s -> !s.keys().isEmpty());

        assertGoesAtOnce();
    }

    private void assertGoesAtOnce() {
        long start = System.nanoTime();
        team.kubectl("delete", "wg/orders", "rcmek/west", "--timeout=60s").orThrow();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("shorter than a call to AWS that hangs")
                .isLessThan(Duration.ofSeconds(20));
    }

    // -- the means

    private void replicate(String deletionPolicy, String... databases) {
        team.apply(orders(deletionPolicy, primaryKey).replicating(databases).toString());
        team.apply(west(deletionPolicy, secondaryKey).toString());
        team.awaitReplica("west", EncryptionState.ENABLED);
        team.awaitWorkgroup(
                "orders",
                "all is ready",
                s -> s.encryption() == EncryptionState.ENABLED
                        && has(s, "ReplicationAllowed", databases.length == 0 ? "NotRequested" : "SecondaryReady"));
    }

    private Manifests orders(String deletionPolicy, String key) {
        return workgroup("orders", key, team.namespace() + "-data").with("deletionPolicy: " + deletionPolicy);
    }

    private Manifests west(String deletionPolicy, String key) {
        return replica("west", "orders", key, team.namespace() + "-west").with("deletionPolicy: " + deletionPolicy);
    }

    private void delete(String what) {
        team.kubectl("delete", what, "--wait=false").orThrow();
    }

    private List<String> ours(String key) {
        return aws.statementsOf("default", key);
    }
}
