package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.Stage.REGION;
import static io.cmek.operator.testing.Team.condition;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.Stage;
import io.cmek.operator.testing.Team;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionRule;

/** A workgroup under CMEK, from the manifest to what is so in AWS and in the cluster. */
class WorkgroupIT {

    @RegisterExtension
    static final Stage STAGE = new Stage();

    private LocalAws aws;
    private Team team;

    @BeforeEach
    void team() {
        aws = STAGE.aws();
        team = STAGE.team();
    }

    @Test
    void withOneKey() {
        String key = aws.createKey(REGION);

        team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        assertThat(status.keys()).singleElement().satisfies(line -> {
            assertThat(line.purpose()).isEqualTo(Purpose.Data);
            assertThat(line.arn()).isEqualTo(key);
            assertThat(line.state()).isEqualTo(KeyLineState.ENABLED);
            assertThat(line.keyState()).isEqualTo("Enabled");
            assertThat(line.multiRegion()).isFalse();
        });
        assertThat(condition(status, "Ready").status()).isEqualTo("True");
        assertThat(status.conditions()).noneMatch(c -> c.type().equals("Stalled"));
        assertEncrypted(team.namespace() + "-data", key);
        assertThat(sids(aws.policy(key)))
                .containsExactly(
                        "Enable IAM User Permissions", "CmekOperatordefaultDataUse", "CmekOperatordefaultDataGrants");

        var storageClass = STAGE.installation()
                .client()
                .storage()
                .v1()
                .storageClasses()
                .withName("cmek-" + team.namespace() + "-orders")
                .get();
        assertThat(status.storageClassName())
                .isEqualTo(storageClass.getMetadata().getName());
        assertThat(storageClass.getProvisioner()).isEqualTo("ebs.csi.aws.com");
        assertThat(storageClass.getParameters())
                .containsEntry("encrypted", "true")
                .containsEntry("kmsKeyId", key);
    }

    private void assertEncrypted(String bucket, String key) {
        ServerSideEncryptionRule rule = aws.encryption(REGION, bucket);
        assertThat(rule.applyServerSideEncryptionByDefault().sseAlgorithm()).isEqualTo(ServerSideEncryption.AWS_KMS);
        assertThat(rule.applyServerSideEncryptionByDefault().kmsMasterKeyID()).isEqualTo(key);
        assertThat(rule.bucketKeyEnabled()).isTrue();
    }

    private static List<String> sids(JsonNode policy) {
        return policy.get("Statement").findValuesAsText("Sid");
    }
}
