package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.blackbox.Manifests.workgroupIn;
import static io.cmek.operator.testing.OperatorTestExtension.DATA_PLANE;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A tenant gets at no key but its own, by whatever name it calls it; and what one tenant learns of another on a key that both may use. */
class TenantsApartIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EUROPE = "eu-central-1";
    private static final String EUROPEAN = "arn:aws:iam::" + LocalAws.ACCOUNT + ":role/european";

    /** Its tenant may use keys in Europe alone. */
    private static final String EUROPEANS = "eu-team";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension()
            .with("CMEK_TENANTS_EUROPE_NAMESPACES", EUROPEANS)
            .with("CMEK_TENANTS_EUROPE_KEYS", "arn:aws:kms:eu-*:" + LocalAws.ACCOUNT + ":key/*")
            .with("CMEK_TENANTS_EUROPE_ROLE_ARN", OperatorTestExtension.OPERATOR_ROLE)
            .with("CMEK_TENANTS_EUROPE_PRINCIPALS_DATA", EUROPEAN);

    private LocalAws aws;
    private TestNamespace team;
    private TestNamespace europeans;

    @BeforeAll
    static void role() {
        ENVIRONMENT.installation().kubectl().must("create", "namespace", EUROPEANS);
        ENVIRONMENT.aws().role(LocalAws.ACCOUNT, "european", "arn:aws:iam::" + LocalAws.ACCOUNT + ":root", "", """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}""");
    }

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        europeans = new TestNamespace(ENVIRONMENT.installation(), EUROPEANS);
    }

    /** The name of a replica that does not exist is accepted, because its tenant may use every key of the region. */
    @SideBySide
    @Test
    void theNameOfAReplicaThatDoesNotExistOpensNoOtherOne() {
        String key = aws.createKey(REGION, r -> r.multiRegion(true));
        team.apply(workgroup("victim", key, team.namespace() + "-data").toString());
        team.awaitWorkgroup("victim", EncryptionState.ENABLED);
        JsonNode before = aws.policy(key);

        europeans.apply(workgroupIn(EUROPE, "attacker", key.replace(REGION, EUROPE), team.namespace() + "-eu")
                .toString());
        europeans.awaitReason("attacker", "KeysUsable", "KeyNotFound");
        assertThat(has(europeans.workgroup("attacker").getStatus(), "Accepted", "Accepted"))
                .isTrue();
        reconcile("victim", key);

        assertThat(aws.policy(key)).isEqualTo(before);
        assertThat(suggestion(team, "victim")).doesNotContain(EUROPEAN);
        assertThat(suggestion(europeans, "attacker")).doesNotContain(DATA_PLANE);
        europeans.kubectl("delete", "wg", "attacker", "--timeout=30s").orThrow();
    }

    /** Nor does a replica that exists and is theirs, on the other key of which somebody else has a pair. */
    @SideBySide
    @Test
    void aReplicaOfTheirOwnOpensNoOtherOneAndIsOpenedToNobody() {
        String key = aws.createKey(REGION, r -> r.multiRegion(true));
        String west = aws.replicateKey(key, SECONDARY_REGION);
        String europe = aws.replicateKey(key, EUROPE);
        team.apply(workgroup("orders", key, team.namespace() + "-data")
                .replicating("orders")
                .toString());
        team.apply(replica("west", "orders", west, team.namespace() + "-west").toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
        europeans.apply(
                workgroupIn(EUROPE, "theirs", europe, team.namespace() + "-eu").toString());
        europeans.awaitWorkgroup("theirs", EncryptionState.ENABLED);
        reconcile("orders", key);

        assertThat(ours(key)).contains(DATA_PLANE).doesNotContain(EUROPEAN);
        assertThat(ours(west)).contains(DATA_PLANE).doesNotContain(EUROPEAN);
        assertThat(ours(europe)).contains(EUROPEAN).doesNotContain(DATA_PLANE);
        assertThat(aws.statementsOf("default", europe)).containsExactlyInAnyOrder("DataUse", "DataGrants");
        europeans.kubectl("delete", "wg", "theirs", "--timeout=30s").orThrow();
    }

    /** A Workgroup whose key their tenant may not use opens it to no ReplicaCmek, either. */
    @SideBySide
    @Test
    void aReplicaCmekOfARefusedWorkgroupOpensThePrimarysKeyToNobody() {
        String key = aws.createKey(REGION, r -> r.multiRegion(true));
        JsonNode before = aws.policy(key);
        europeans.apply(workgroupIn(REGION, "refused", key, team.namespace() + "-data")
                .with("replication: {region: " + EUROPE + ", databases: [orders]}")
                .toString());
        europeans.apply(replica("its-replica", "refused", aws.replicateKey(key, EUROPE), team.namespace() + "-eu")
                .toString()
                .replace("region: " + SECONDARY_REGION, "region: " + EUROPE));

        europeans.awaitReason("refused", "Accepted", "KeyNotPermitted");
        europeans.awaitReplicaReason("its-replica", "Accepted", "KeyNotPermitted");
        assertThat(aws.policy(key)).isEqualTo(before);
        europeans
                .kubectl("delete", "wg/refused", "rcmek/its-replica", "--timeout=30s")
                .orThrow();
    }

    // -- what one pastes

    @SideBySide
    @Test
    void onASharedKeyTheStatementsAreForAllWhoUseItAndFollowWhenOneComesOrGoes() throws IOException {
        String key = aws.createKey(EUROPE);
        team.apply(published(workgroupIn(EUROPE, "orders", key, team.namespace() + "-data")));
        team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied");
        assertThat(principals(team, "orders")).containsExactly(DATA_PLANE);

        europeans.apply(published(workgroupIn(EUROPE, "shared", key, team.namespace() + "-eu")));
        for (var each : List.of(new Named(team, "orders"), new Named(europeans, "shared"))) {
            await("both are named to both")
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(principals(each.team(), each.name())).containsExactly(DATA_PLANE, EUROPEAN));
        }

        // One pastes what one of them suggests, and both are served.
        aws.setPolicy(key, withStatements(aws.policy(key), suggestion(team, "orders")));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        europeans.awaitWorkgroup("shared", EncryptionState.ENABLED);

        europeans.kubectl("delete", "wg", "shared", "--timeout=30s").orThrow();
        await("one is named")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(principals(team, "orders")).containsExactly(DATA_PLANE));

        // Nothing more is written then.
        String version = version("orders");
        await().during(Duration.ofSeconds(12))
                .atMost(Duration.ofSeconds(40))
                .until(() -> version("orders").equals(version));
    }

    private record Named(TestNamespace team, String name) {}

    private String version(String workgroup) {
        return Objects.requireNonNull(team.workgroup(workgroup)).getMetadata().getResourceVersion();
    }

    private static String published(Manifests manifest) {
        return manifest.with("policyManagement: Publish").toString();
    }

    private static String withStatements(JsonNode policy, String statements) throws IOException {
        JsonNode changed = policy.deepCopy();
        ArrayNode list = changed.withArray("/Statement");
        JSON.readTree("[" + statements + "]").forEach(list::add);
        return changed.toString();
    }

    /** The same of each statement that is suggested. */
    private static List<String> principals(TestNamespace team, String workgroup) throws IOException {
        List<List<String>> all = JSON.readTree("[" + suggestion(team, workgroup) + "]")
                .valueStream()
                .map(s -> {
                    JsonNode named = s.get("Principal").get("AWS");
                    return named.isTextual()
                            ? List.of(named.asText())
                            : named.valueStream().map(JsonNode::asText).toList();
                })
                .toList();
        assertThat(all).as("DataUse and DataGrants, each once").hasSize(2);
        assertThat(all.getFirst()).isEqualTo(all.getLast());
        return all.getFirst();
    }

    private static String suggestion(TestNamespace team, String workgroup) {
        WorkgroupStatus status = team.workgroup(workgroup).getStatus();
        assertThat(status).as("the first status of " + workgroup).isNotNull();
        List<KeyStatus> lines = status.keys();
        return lines.getFirst().suggestedPolicy();
    }

    /** An edit, which has the operator do all that it would do for it, after what it did for the others. */
    private void reconcile(String workgroup, String key) {
        for (String policy : List.of("Release", "Retain")) {
            team.kubectl(
                            "patch",
                            "wg",
                            workgroup,
                            "--type=merge",
                            "-p",
                            "{\"spec\":{\"deletionPolicy\":\"" + policy + "\"}}")
                    .orThrow();
            team.awaitWorkgroup(workgroup, EncryptionState.ENABLED);
            ENVIRONMENT.proxy().awaitMoreAbout(List.of(key), "kms:GetKeyPolicy", 3, Duration.ofSeconds(60));
        }
    }

    private String ours(String key) {
        return aws.policy(key)
                .get("Statement")
                .valueStream()
                .filter(s -> s.path("Sid").asText().startsWith("CmekOperator"))
                .toList()
                .toString();
    }
}
