package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.DATA_PLANE;
import static io.cmek.operator.testing.OperatorTestExtension.OPERATOR_ROLE;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.Alone;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** What others change about what is the operator's own is put back and reported; what is not its own stays as they left it. */
class DriftIT {

    private static final String USE = "CmekOperatordefaultDataUse";
    private static final String GRANTS = "CmekOperatordefaultDataGrants";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    private LocalAws aws;
    private TestNamespace team;
    private String key;
    private String bucket;
    private String storageClass;

    @BeforeEach
    void aWorkgroupThatIsEnabled() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        key = aws.createKey(REGION);
        bucket = team.namespace() + "-data";
        storageClass = "cmek-" + team.namespace() + "-orders";
        team.apply(workgroup("orders", key, bucket).toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(repairs()).isEmpty();
    }

    @SideBySide
    @Test
    void aStatementThatWasRemovedIsPutBack() {
        edit(statements -> remove(statements, USE));

        await("the statement is back", () -> policy().contains(USE));
        Event reported = awaitRepair();
        assertThat(reported.getType()).isEqualTo("Normal");
        assertThat(reported.getAction()).isEqualTo("RepairKeyPolicy");
        assertThat(reported.getNote())
                .contains("the statement '" + USE + "' had been removed", key, "That happened between ")
                .doesNotContain(GRANTS);
    }

    @SideBySide
    @Test
    void aStatementThatWasNarrowedIsWidenedAgain() {
        edit(statements -> statements.forEach(s -> {
            if (s.path("Sid").asText().equals(USE)) {
                ((ObjectNode) s).putArray("Action").add("kms:DescribeKey");
            }
        }));

        await("the statement allows decryption again", () -> policy().contains("kms:Decrypt"));
        assertThat(awaitRepair().getNote()).contains("no longer allowed kms:Encrypt, kms:Decrypt");
    }

    @Alone
    @Test
    void whatWasChangedWhileTheOperatorWasAwayIsReportedWhenItIsBack() {
        ENVIRONMENT.operator().kill();
        edit(statements -> remove(statements, GRANTS));
        ENVIRONMENT.startOperator();

        await("the statement is back", () -> policy().contains(GRANTS));
        assertThat(awaitRepair().getNote()).contains("the statement '" + GRANTS + "' had been removed");
    }

    @SideBySide
    @Test
    void aWriteThatFailsIsReportedOnceWhenItSucceeds() {
        edit(statements -> {
            remove(statements, USE);
            statements
                    .addObject()
                    .put("Sid", "Hands off")
                    .put("Effect", "Deny")
                    .put("Action", "kms:PutKeyPolicy")
                    .put("Resource", "*")
                    .putObject("Principal")
                    .put("AWS", OPERATOR_ROLE);
        });
        team.awaitReason("orders", "PolicyApplied", "WriteDenied");
        assertThat(repairs()).isEmpty();

        edit(statements -> remove(statements, "Hands off"));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(awaitRepair().getNote()).contains("the statement '" + USE + "' had been removed");
    }

    @SideBySide
    @Test
    void aBucketThatSomebodySetBackToTheKeyOfS3IsEncryptedAgain() {
        encrypt(ServerSideEncryption.AES256, null);

        await("the bucket is encrypted with the key again", () -> key.equals(keyOfBucket()));
        Event reported = awaitRepair();
        assertThat(reported.getType()).isEqualTo("Normal");
        assertThat(reported.getNote())
                .contains("The data bucket " + bucket + " had AES256 as its default encryption", "set back to " + key);
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aBucketThatSomebodyReKeyedIsNotTheOperatorsToMend() {
        String other = aws.createKey(REGION);
        encrypt(ServerSideEncryption.AWS_KMS, other);

        team.awaitWorkgroup(
                "orders",
                "it is degraded by another key",
                s -> s.encryption() == EncryptionState.DEGRADED && has(s, "BucketsEncrypted", "BucketUnderAnotherKey"));
        assertThat(keyOfBucket()).isEqualTo(other);
        assertThat(repairs()).isEmpty();

        encrypt(ServerSideEncryption.AWS_KMS, key);
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aBucketThatWasDeletedIsMadeAgainWithAWarning() {
        aws.s3(LocalAws.ACCOUNT, REGION).deleteBucket(r -> r.bucket(bucket));

        Event reported = awaitRepair();
        assertThat(reported.getType()).isEqualTo("Warning");
        assertThat(reported.getNote()).contains("had been deleted, and what was in it is gone");
        assertThat(keyOfBucket()).isEqualTo(key);
    }

    @SideBySide
    @Test
    void aStorageClassThatWasDeletedIsMadeAgain() {
        team.kubectl("delete", "storageclass", storageClass).orThrow();

        await("the StorageClass is back", () -> storageClass() != null);
        assertThat(awaitRepair().getNote()).contains("The StorageClass " + storageClass + " had been deleted");
    }

    @SideBySide
    @Test
    void aStorageClassUnderAnotherKeyIsPutBackAndItsMakerIsNamed() {
        replaceStorageClass(c -> c.addToParameters("kmsKeyId", "alias/other"));

        await("it is under its key again", () -> key.equals(keyOfStorageClass()));
        // Where it was seen gone in the middle of the change, that is reported, too.
        await(
                "it is reported",
                () -> repairs().stream()
                        .anyMatch(e -> e.getNote().contains("had been changed by 'policy-engine' at ")
                                && e.getNote().contains("parameters.kmsKeyId")));
    }

    @SideBySide
    @Test
    void whatDoesNotDecideTheEncryptionOfVolumesIsLeftAndNamed() {
        replaceStorageClass(
                c -> c.addToParameters("tagSpecification_1", "team=x").withReclaimPolicy("Delete"));
        String uid = Objects.requireNonNull(storageClass()).getMetadata().getUid();

        team.awaitWorkgroup(
                "orders",
                "it names what differs",
                s -> s.encryption() == EncryptionState.ENABLED
                        && s.conditions().stream()
                                .anyMatch(c -> c.type().equals("VolumesEncrypted")
                                        && c.status().equals("True")
                                        && c.message().contains("parameters.tagSpecification_1, reclaimPolicy")));
        Awaitility.await("it is left")
                .during(Duration.ofSeconds(5))
                .until(() -> uid.equals(
                        Objects.requireNonNull(storageClass()).getMetadata().getUid()));
    }

    /** The one Event about a repair, after there has been time for others. */
    private Event awaitRepair() {
        await("the repair is reported", () -> !repairs().isEmpty());
        Awaitility.await("it is reported once")
                .during(Duration.ofSeconds(3))
                .until(() -> repairs().size() == 1);
        return repairs().getFirst();
    }

    private List<Event> repairs() {
        return team.repairs().stream()
                .filter(e -> e.getRegarding().getName().equals("orders"))
                .toList();
    }

    private void edit(Consumer<ArrayNode> change) {
        var policy = aws.policy(key);
        assertThat(policy.toString()).contains(DATA_PLANE);
        change.accept((ArrayNode) policy.get("Statement"));
        aws.setPolicy(key, policy.toString());
    }

    private static void remove(ArrayNode statements, String sid) {
        for (int i = statements.size() - 1; i >= 0; i--) {
            if (statements.get(i).path("Sid").asText().equals(sid)) {
                statements.remove(i);
            }
        }
    }

    private String policy() {
        return aws.policy(key).toString();
    }

    private void encrypt(ServerSideEncryption algorithm, @Nullable String with) {
        aws.s3(LocalAws.ACCOUNT, REGION)
                .putBucketEncryption(r -> r.bucket(bucket)
                        .serverSideEncryptionConfiguration(c -> c.rules(rule -> rule.bucketKeyEnabled(with != null)
                                .applyServerSideEncryptionByDefault(
                                        d -> d.sseAlgorithm(algorithm).kmsMasterKeyID(with)))));
    }

    private @Nullable String keyOfBucket() {
        return aws.encryption(REGION, bucket)
                .applyServerSideEncryptionByDefault()
                .kmsMasterKeyID();
    }

    private @Nullable StorageClass storageClass() {
        return ENVIRONMENT
                .installation()
                .client()
                .storage()
                .v1()
                .storageClasses()
                .withName(storageClass)
                .get();
    }

    private @Nullable String keyOfStorageClass() {
        StorageClass now = storageClass();
        return now == null ? null : now.getParameters().get("kmsKeyId");
    }

    /** As a tool does that wants it otherwise: what it is about cannot be changed in place. */
    private void replaceStorageClass(UnaryOperator<StorageClassBuilder> change) {
        var client = ENVIRONMENT.installation().client();
        await("it is replaced", () -> {
            StorageClass ours = storageClass();
            if (ours == null) {
                return false;
            }
            client.resource(ours).delete();
            try {
                client.resource(change.apply(new StorageClassBuilder(ours)
                                        .editMetadata()
                                        .withManagedFields()
                                        .withResourceVersion(null)
                                        .withUid(null)
                                        .endMetadata())
                                .build())
                        .fieldManager("policy-engine")
                        .forceConflicts()
                        .serverSideApply();
                return true;
            } catch (KubernetesClientException e) {
                // The operator was quicker.
                return false;
            }
        });
    }

    private static void await(String what, Callable<Boolean> so) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(100))
                .until(so);
    }
}
