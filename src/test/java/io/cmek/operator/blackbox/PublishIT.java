package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.Stage.OPERATOR_ROLE;
import static io.cmek.operator.testing.Stage.REGION;
import static io.cmek.operator.testing.Stage.SECONDARY_REGION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.Stage;
import io.cmek.operator.testing.Team;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys whose policy only their owner writes: the operator shows what to write, and never writes. */
class PublishIT {

    private static final String PUBLISH = "policyManagement: Publish";

    @RegisterExtension
    static final Stage STAGE = new Stage();

    private LocalAws aws;
    private Team team;

    @BeforeEach
    void team() {
        aws = STAGE.aws();
        team = STAGE.team();
        STAGE.proxy().resetCounts();
    }

    private boolean mayWrite;

    @AfterEach
    void noPolicyWasWritten() {
        if (!mayWrite) {
            assertThat(STAGE.proxy().count("kms:PutKeyPolicy")).isZero();
        }
    }

    @Test
    void theOwnerPutsTheDocumentAndTheWorkgroupIsEnabled() {
        String key = aws.createKey(REGION);
        String before = aws.policy(key).toString();
        team.apply(published("orders", key).toString());

        Condition lacking = team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied");
        assertThat(lacking.message())
                .contains(
                        "the statements CmekOperatordefaultDataUse and CmekOperatordefaultDataGrants",
                        "Enable IAM User Permissions",
                        "ConfigMap orders-key-policy");
        ConfigMap files = awaitFiles("orders", "the document is there", d -> d.containsKey("data.json"));
        assertThat(files.getData().keySet()).containsExactlyInAnyOrder("data.json", "data.cli");
        assertThat(files.getData().get("data.cli"))
                .isEqualTo("aws kms put-key-policy --region us-east-1 --key-id " + key
                        + " --policy-name default --policy file://data.json\n");
        assertThat(files.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getUid())
                        .isEqualTo(Objects.requireNonNull(team.workgroup("orders"))
                                .getMetadata()
                                .getUid()));
        assertThat(aws.policy(key)).hasToString(before);

        aws.setPolicy(key, files.getData().get("data.json"));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(aws.encryption(REGION, team.namespace() + "-orders")
                        .applyServerSideEncryptionByDefault()
                        .kmsMasterKeyID())
                .isEqualTo(key);
    }

    @Test
    void theDocumentFollowsThePolicyAsItsOwnerChangesIt() {
        String key = aws.createKey(REGION);
        team.apply(published("orders", key).toString());
        awaitFiles("orders", "the document is there", d -> d.containsKey("data.json"));

        edit(key, statements -> statement(statements, "Auditors", "Allow", "kms:DescribeKey", "444455556666"));
        awaitFiles(
                "orders",
                "the new statement is in the document",
                d -> d.get("data.json").contains("Auditors"));

        // Half of it by hand: the rest is still missing, and named.
        edit(key, statements -> {
            ObjectNode use = statements.addObject();
            use.put("Sid", "CmekOperatordefaultDataUse").put("Effect", "Allow").put("Resource", "*");
            use.putObject("Principal").put("AWS", Stage.DATA_PLANE);
            for (String action : new String[] {"Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "DescribeKey"}) {
                use.withArray("Action").add("kms:" + action);
            }
        });
        team.awaitWorkgroup("orders", "only the grants are missing", s -> {
            String message = Team.condition(s, "PolicyApplied").message();
            return message.contains("the statement CmekOperatordefaultDataGrants:")
                    && !message.contains("CmekOperatordefaultDataUse");
        });
    }

    @Test
    void twoKeysAreTwoDocumentsAndOneKeyTwiceIsOne() {
        String key = aws.createKey(REGION);
        String other = aws.createKey(REGION);
        team.apply(workgroup("two", key, team.namespace() + "-a", other, team.namespace() + "-b")
                .with(PUBLISH)
                .toString());
        team.apply(workgroup("one", key, team.namespace() + "-c", key, team.namespace() + "-d")
                .with(PUBLISH)
                .toString());

        Map<String, String> two =
                awaitFiles("two", "both documents", d -> d.size() == 4).getData();
        assertThat(two.keySet()).containsExactlyInAnyOrder("data.json", "data.cli", "backup.json", "backup.cli");
        assertThat(two.get("data.cli")).contains(key);
        assertThat(two.get("backup.cli")).contains(other);
        assertThat(two.get("backup.json")).contains("BackupUse").doesNotContain("DataGrants");
        assertThat(awaitFiles("one", "one document", d -> !d.isEmpty())
                        .getData()
                        .keySet())
                .containsExactlyInAnyOrder("data-backup.json", "data-backup.cli");
        // Whoever puts either must not take away what the other asks for.
        assertThat(awaitFiles("one", "both ask", d -> d.get("data-backup.json").contains("BackupUse"))
                        .getData()
                        .get("data-backup.json"))
                .contains("DataUse", "DataGrants");
    }

    @Test
    void whatIsChangedOrDeletedComesBack() {
        String key = aws.createKey(REGION);
        team.apply(published("orders", key).toString());
        String document = awaitFiles("orders", "the document is there", d -> d.containsKey("data.json"))
                .getData()
                .get("data.json");

        configMap("orders")
                .edit(c -> new ConfigMapBuilder(c)
                        .addToData("data.json", "{}")
                        .addToData("notes.md", "Ask Kim.")
                        .build());
        assertThat(awaitFiles("orders", "the document is back", d -> document.equals(d.get("data.json")))
                        .getData())
                .as("what is not the operator's stays")
                .containsEntry("notes.md", "Ask Kim.");

        configMap("orders").delete();
        awaitFiles("orders", "the document is back", d -> document.equals(d.get("data.json")));
    }

    @Test
    void aConfigMapOfSomebodyElseIsLeftAsItIs() {
        String key = aws.createKey(REGION);
        ConfigMap theirs = STAGE.installation()
                .client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("orders-key-policy")
                        .withNamespace(team.namespace())
                        .endMetadata()
                        .addToData("data.json", "theirs")
                        .build())
                .create();
        team.apply(published("orders", key).toString());

        assertThat(team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied")
                        .message())
                .contains("The ConfigMap orders-key-policy is not the operator's and was left as it is");
        aws.setPolicy(key, withOurs(key));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        team.apply(published("orders", key).with("deletionPolicy: Release").toString());
        team.kubectl("delete", "workgroup", "orders").orThrow();
        team.awaitGone("workgroup", "orders");
        assertThat(configMap("orders").get()).isEqualTo(theirs);
    }

    @Test
    void whereThereIsNoDocumentTheFileSaysWhy() {
        String blocked = aws.createKey(REGION);
        edit(blocked, statements -> statement(statements, "Left over", "Allow", "kms:*", "AROAEXAMPLEROLEID0001"));
        String closed = aws.createKey(REGION);
        edit(closed, statements -> statement(statements, "Closed", "Deny", "kms:GetKeyPolicy", OPERATOR_ROLE));
        team.apply(workgroup("orders", blocked, team.namespace() + "-a", closed, team.namespace() + "-b")
                .with(PUBLISH)
                .toString());

        Map<String, String> files =
                awaitFiles("orders", "both say why", d -> d.size() == 2).getData();
        assertThat(files.keySet()).containsExactlyInAnyOrder("data.txt", "backup.txt");
        assertThat(files.get("data.txt")).contains("'Left over'", "AROAEXAMPLEROLEID0001");
        assertThat(files.get("backup.txt")).contains("could not be looked at", "kms:GetKeyPolicy");

        edit(blocked, statements -> remove(statements, "Left over"));
        awaitFiles("orders", "there is a document", d -> d.containsKey("data.json") && !d.containsKey("data.txt"));
    }

    @Test
    void aWorkgroupAndItsReplicaOfTheSameNameShareTheConfigMap() {
        String key = aws.createKey(REGION);
        String secondary = aws.createKey(SECONDARY_REGION);
        team.apply(published("orders", key).replicating("orders").toString());
        team.apply(replica("orders", "orders", secondary, team.namespace() + "-usw2")
                .with(PUBLISH)
                .toString());

        ConfigMap shared = awaitFiles("orders", "the files of both", d -> d.size() == 6);
        assertThat(shared.getData().keySet())
                .containsExactlyInAnyOrder(
                        "data.json",
                        "data.cli",
                        "replica-data.json",
                        "replica-data.cli",
                        "replica-primary.json",
                        "replica-primary.cli");
        assertThat(shared.getMetadata().getOwnerReferences())
                .extracting(OwnerReference::getKind)
                .containsExactlyInAnyOrder("Workgroup", "ReplicaCmek");
        assertThat(shared.getData().get("replica-primary.json")).contains("ReplicationUse", "DataUse");

        mayWrite = true;
        team.apply(replica("orders", "orders", secondary, team.namespace() + "-usw2")
                .with("policyManagement: Managed")
                .toString());
        ConfigMap left = awaitFiles("orders", "only the Workgroup's files are left", d -> d.size() == 2);
        assertThat(left.getData().keySet()).containsExactlyInAnyOrder("data.json", "data.cli");
        assertThat(left.getMetadata().getOwnerReferences())
                .extracting(OwnerReference::getKind)
                .containsExactly("Workgroup");

        team.apply(workgroup("orders", key, team.namespace() + "-orders")
                .replicating("orders")
                .with("policyManagement: Managed")
                .toString());
        awaitGone("orders");
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(aws.policy(key).toString()).contains("CmekOperatordefaultDataUse");
    }

    @Test
    void theConfigMapGoesWithItsResource() {
        String key = aws.createKey(REGION);
        team.apply(published("orders", key).toString());
        awaitFiles("orders", "the document is there", d -> d.containsKey("data.json"));

        team.kubectl("delete", "workgroup", "orders").orThrow();
        team.awaitGone("workgroup", "orders");
        awaitGone("orders");
    }

    @Test
    void aRestartWritesNothing() {
        String key = aws.createKey(REGION);
        aws.setPolicy(key, withOurs(key));
        team.apply(published("orders", key).toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        awaitFiles("orders", "the document is there", d -> d.containsKey("data.json"));
        AuditLog audit = STAGE.audit();

        STAGE.operator().close();
        long mark = audit.mark();
        STAGE.proxy().resetCounts();
        STAGE.startOperator();
        Awaitility.await("the policy was read again").until(() -> STAGE.proxy().count("kms:GetKeyPolicy") > 3);
        assertThat(STAGE.proxy().writes()).isZero();
        assertThat(audit.ofOperatorSince(mark).stream()
                        .filter(AuditLog.Request::isWrite)
                        .filter(r -> r.name().startsWith(team.namespace() + "/")))
                .isEmpty();
    }

    private Manifests published(String name, String key) {
        return workgroup(name, key, team.namespace() + "-" + name).with(PUBLISH);
    }

    private ConfigMap awaitFiles(String workgroup, String told, Predicate<Map<String, String>> as) {
        return Objects.requireNonNull(Awaitility.await(told)
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> configMap(workgroup).get(), c -> c != null && as.test(c.getData())));
    }

    private void awaitGone(String workgroup) {
        Awaitility.await("the ConfigMap is gone")
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> configMap(workgroup).get() == null);
    }

    private Resource<ConfigMap> configMap(String resource) {
        return STAGE.installation()
                .client()
                .configMaps()
                .inNamespace(team.namespace())
                .withName(resource + "-key-policy");
    }

    private String withOurs(String key) {
        var policy = aws.policy(key);
        ArrayNode statements = (ArrayNode) policy.get("Statement");
        statement(statements, "The service", "Allow", "kms:*", Stage.DATA_PLANE);
        return policy.toString();
    }

    private void edit(String key, Consumer<ArrayNode> change) {
        var policy = aws.policy(key);
        change.accept((ArrayNode) policy.get("Statement"));
        aws.setPolicy(key, policy.toString());
    }

    private static void statement(ArrayNode statements, String sid, String effect, String action, String principal) {
        statements
                .addObject()
                .put("Sid", sid)
                .put("Effect", effect)
                .put("Action", action)
                .put("Resource", "*")
                .putObject("Principal")
                .put("AWS", principal);
    }

    private static void remove(ArrayNode statements, String sid) {
        for (int i = statements.size() - 1; i >= 0; i--) {
            if (statements.get(i).path("Sid").asText().equals(sid)) {
                statements.remove(i);
            }
        }
    }
}
