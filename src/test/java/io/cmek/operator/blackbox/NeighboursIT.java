package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.Alone;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a deletion with {@code Release} leaves alone: the access of everybody else who uses the key, whatever state they are in. The operator
 * serves what has a label, so that a test can say when it comes to see a resource.
 */
class NeighboursIT {

    private static final String SERVED = "cmek.io/shard: a";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().with("CMEK_SELECTOR", "cmek.io/shard=a");

    private LocalAws aws;
    private TestNamespace team;
    private String primary;
    private String secondary;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        primary = aws.createKey(REGION);
        secondary = aws.createKey(SECONDARY_REGION);
    }

    // -- held

    @SideBySide
    @Test
    void aReplicaCmekThatIsHeldKeepsItsAccess() {
        replicate("orders", primary, "west", secondary);
        // A Workgroup of the secondary region, on the key of the ReplicaCmek.
        team.apply(released(neighbour(SECONDARY_REGION, secondary)));
        team.awaitWorkgroup("neighbour", EncryptionState.ENABLED);
        delete("rcmek/west");
        team.awaitReplicaReason("west", "Deletable", "InUse");
        JsonNode before = aws.policy(secondary);

        team.kubectl("delete", "wg", "neighbour", "--timeout=60s").orThrow();

        assertThat(aws.policy(secondary)).isEqualTo(before);
        assertThat(team.replica("west").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aWorkgroupThatItsReplicaCmekHoldsKeepsItsAccess() {
        replicate("orders", primary, "west", secondary);
        team.apply(released(neighbour(REGION, primary)));
        team.awaitWorkgroup("neighbour", EncryptionState.ENABLED);
        delete("wg/orders");
        team.awaitReason("orders", "Deletable", "InUse");
        JsonNode before = aws.policy(primary);

        team.kubectl("delete", "wg", "neighbour", "--timeout=60s").orThrow();

        assertThat(aws.policy(primary)).isEqualTo(before);

        // Nothing holds anything any more: all of it goes, and nobody's statement is left for another's sake.
        team.kubectl("delete", "rcmek", "west", "--timeout=60s").orThrow();
        team.awaitGone("wg", "orders");
        assertThat(ours(primary)).isEmpty();
        assertThat(ours(secondary)).isEmpty();
    }

    @SideBySide
    @Test
    void twoThatGoTogetherLeaveNothingBehind() {
        team.apply(released(neighbour(REGION, primary)));
        team.apply(released(workgroup("orders", primary, team.namespace() + "-data")));
        team.awaitWorkgroup("neighbour", EncryptionState.ENABLED);
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        team.kubectl("delete", "wg/neighbour", "wg/orders", "--timeout=60s").orThrow();

        assertThat(ours(primary)).isEmpty();
    }

    // -- the same second

    @SideBySide
    @Test
    void whoHasTheBucketKeepsItFromAnotherOfTheSameSecondWithASmallerName() {
        String bucket = team.namespace() + "-data";
        createInTheSameSecond(bucket);
        team.awaitWorkgroup("served", EncryptionState.ENABLED);
        JsonNode before = aws.policy(primary);

        team.kubectl("label", "wg", "a-newcomer", "cmek.io/shard=a").orThrow();
        team.awaitReason("a-newcomer", "Accepted", "BucketClaimedByAnother");
        assertStaysEnabled("served");

        team.kubectl("delete", "wg", "a-newcomer", "--timeout=60s").orThrow();
        assertThat(aws.policy(primary)).isEqualTo(before);
        assertStaysEnabled("served");
    }

    /** The operator comes to see the second one later; its creationTimestamp tells nothing of that. */
    private void createInTheSameSecond(String bucket) {
        var served = released(workgroup("served", primary, bucket));
        var newcomer = workgroup("a-newcomer", primary, bucket)
                .with("deletionPolicy: Release")
                .toString();
        await("both are of the same second").atMost(Duration.ofSeconds(60)).until(() -> {
            team.apply(newcomer);
            team.apply(served);
            if (createdAt("served").equals(createdAt("a-newcomer"))) {
                return true;
            }
            team.kubectl("delete", "wg", "served", "a-newcomer", "--timeout=60s")
                    .orThrow();
            return false;
        });
    }

    private String createdAt(String workgroup) {
        return team.workgroup(workgroup).getMetadata().getCreationTimestamp();
    }

    // -- the same name

    /** The first one's cleanup waits for AWS while the second one comes. */
    @SideBySide
    @Test
    void theCleanupOfAnEarlierOneOfTheSameNameTakesNothingFromTheLivingOneInjected() throws Exception {
        String manifest = released(workgroup("orders", primary, team.namespace() + "-data"));
        team.apply(manifest);
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        JsonNode before = aws.policy(primary);

        // The read right before the write comes late, and the cleanup waits for it.
        ENVIRONMENT
                .proxy()
                .inject(Fault.late(Duration.ofSeconds(4))
                        .about(primary)
                        .only(request -> request.operation().equals("kms:GetKeyPolicy")));
        delete("wg/orders");
        Thread.sleep(1_000);
        team.kubectl("patch", "wg", "orders", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}")
                .orThrow();
        team.awaitGone("wg", "orders");
        team.apply(manifest);
        // Until long after the cleanup has come to its end; what the living one would add again would not be missing
        // for long.
        long end = System.nanoTime() + Duration.ofSeconds(14).toNanos();
        while (System.nanoTime() < end) {
            assertThat(aws.policy(primary)).isEqualTo(before);
            Thread.sleep(100);
        }
    }

    // -- a missing Workgroup

    @SideBySide
    @Test
    void aReplicaCmekWhoseWorkgroupIsMissingKeepsItsAccessOnBothKeys() {
        String another = aws.createKey(SECONDARY_REGION);
        replicate("orders", primary, "west", secondary);
        // On the primary's key, a second pair; on the secondary's, a Workgroup.
        replicate("others", primary, "others-west", another);
        team.apply(released(neighbour(SECONDARY_REGION, secondary)));
        team.awaitWorkgroup("neighbour", EncryptionState.ENABLED);
        JsonNode onSecondary = aws.policy(secondary);

        delete("wg/orders");
        team.kubectl("patch", "wg", "orders", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}")
                .orThrow();
        team.awaitGone("wg", "orders");
        team.awaitReplicaReason("west", "Accepted", "WorkgroupNotFound");

        team.kubectl("delete", "wg", "neighbour", "--timeout=60s").orThrow();
        assertThat(aws.policy(secondary)).isEqualTo(onSecondary);

        team.kubectl("delete", "wg/others", "rcmek/others-west", "--timeout=60s")
                .orThrow();
        // The policy was written, and its lists are in the order in which they were read.
        assertThat(statement(primary, "CmekOperatordefaultReplicationUse")
                        .at("/Principal/AWS")
                        .asText())
                .isEqualTo(OperatorTestExtension.DATA_PLANE);
        assertThat(ours(another)).isEmpty();

        // It goes without its Workgroup, too, and takes back what was given for it.
        team.kubectl("delete", "rcmek", "west", "--timeout=60s").orThrow();
        assertThat(ours(secondary)).isEmpty();
        assertThat(ours(primary)).doesNotContain("ReplicationUse");
    }

    // -- a mistake in the settings

    @Alone
    @Test
    void whoWasServedKeepsItsAccessThoughItsTenantIsGoneFromTheSettings() throws Exception {
        var stranger = new TestNamespace(ENVIRONMENT.installation(), namespace("forgotten"));
        stranger.apply(workgroup("orders", primary, stranger.namespace() + "-data")
                .labelled(SERVED)
                .toString());
        stranger.awaitWorkgroup("orders", EncryptionState.ENABLED);
        team.apply(released(neighbour(REGION, primary)));
        team.awaitWorkgroup("neighbour", EncryptionState.ENABLED);
        JsonNode before = aws.policy(primary);
        ENVIRONMENT.operator().close();
        try (OperatorProcess mistaken = ENVIRONMENT
                .launch(Map.of("CMEK_TENANTS_DEFAULT_NAMESPACES", "team-*"))
                .awaitReady()) {
            stranger.awaitReason("orders", "Accepted", "NamespaceNotPermitted");

            team.kubectl("delete", "wg", "neighbour", "--timeout=60s").orThrow();
            assertThat(aws.policy(primary)).isEqualTo(before);
        } finally {
            ENVIRONMENT.startOperator();
        }
        stranger.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    private static String namespace(String name) {
        ENVIRONMENT.installation().kubectl().must("create", "namespace", name);
        return name;
    }

    // -- the means

    private void replicate(String workgroup, String primary, String replica, String secondary) {
        team.apply(released(workgroup(workgroup, primary, team.namespace() + "-" + workgroup)
                .replicating("orders")));
        team.apply(released(replica(replica, workgroup, secondary, team.namespace() + "-" + replica)));
        team.awaitReplica(replica, EncryptionState.ENABLED);
        team.awaitWorkgroup(
                workgroup,
                "all is ready",
                s -> s.encryption() == EncryptionState.ENABLED && has(s, "ReplicationAllowed", "SecondaryReady"));
    }

    private Manifests neighbour(String region, String key) {
        return Manifests.workgroupIn(region, "neighbour", key, team.namespace() + "-neighbour");
    }

    private static String released(Manifests manifest) {
        return manifest.with("deletionPolicy: Release").labelled(SERVED).toString();
    }

    private void delete(String what) {
        team.kubectl("delete", what, "--wait=false").orThrow();
    }

    /** For longer than the operator takes to read everything again. */
    private void assertStaysEnabled(String name) {
        var states = new ArrayList<WorkgroupStatus>();
        try (var seen = team.statuses(Workgroup.class)) {
            ENVIRONMENT.proxy().awaitMoreAbout(List.of(primary), "kms:DescribeKey", 4, Duration.ofSeconds(60));
            states.addAll(seen.of(name));
        }
        assertThat(states).extracting(WorkgroupStatus::encryption).containsOnly(EncryptionState.ENABLED);
    }

    private List<String> ours(String key) {
        return aws.statementsOf("default", key);
    }

    private JsonNode statement(String key, String sid) {
        return aws.policy(key)
                .get("Statement")
                .valueStream()
                .filter(s -> s.path("Sid").asText().equals(sid))
                .findFirst()
                .orElseThrow();
    }
}
