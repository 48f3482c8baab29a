package io.cmek.operator.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The API types go through the client's own Jackson unchanged, in the JSON names of the API. */
class SerializationTest {

    private static final String DATA_KEY =
            "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final String BACKUP_KEY =
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

    private final KubernetesSerialization serialization = new KubernetesSerialization();

    @Test
    void aWorkgroupWithEveryFieldComesBackEqual() {
        Workgroup workgroup = new Workgroup();
        workgroup.setMetadata(new ObjectMetaBuilder().withName("orders").build());
        workgroup.setSpec(new WorkgroupSpec(
                "us-east-1",
                new Cmek(DATA_KEY, BACKUP_KEY),
                new Buckets("orders-data", "orders-backup", "Existing"),
                new Volumes(Map.of("type", "gp3"), "Delete"),
                "Publish",
                "Release",
                new Replication("us-west-2", List.of("orders", "billing"))));
        workgroup.setStatus(new WorkgroupStatus(
                3L,
                EncryptionState.ENABLED,
                List.of(new KeyStatus(Purpose.Data, DATA_KEY, KeyEncryptionState.ENABLED, "Enabled", false, "{}")),
                List.of(new BucketStatus(Purpose.Data, "orders-data", "aws:kms", DATA_KEY, true)),
                "cmek-team-a-orders",
                new ReplicationStatus(
                        "us-west-2",
                        List.of("orders"),
                        List.of(new BlockedDatabase("billing", "SecondaryCmekRequired")),
                        new SecondaryCmek("orders-us-west-2", DATA_KEY, BACKUP_KEY, "2026-01-01T00:00:00Z")),
                "2026-01-02T00:00:00Z",
                List.of(new Condition("Ready", "True", "AsDeclared", "", 3L, "2026-01-01T00:00:00Z"))));

        Workgroup back = serialization.unmarshal(serialization.asYaml(workgroup), Workgroup.class);

        assertThat(back.getSpec()).isEqualTo(workgroup.getSpec());
        assertThat(back.getStatus()).isEqualTo(workgroup.getStatus());
        assertThat(back.getMetadata()).isEqualTo(workgroup.getMetadata());
    }

    @Test
    void aReplicaCmekWithEveryFieldComesBackEqual() {
        ReplicaCmek replica = new ReplicaCmek();
        replica.setSpec(new ReplicaCmekSpec(
                new WorkgroupRef("orders"),
                "us-east-1",
                DATA_KEY,
                BACKUP_KEY,
                new Buckets("orders-data", "orders-backup", "Create"),
                new Volumes(Map.of("type", "gp3"), "Retain"),
                "Managed",
                "Retain"));
        replica.setStatus(new ReplicaCmekStatus(
                1L,
                EncryptionState.UNKNOWN,
                List.of(new KeyStatus(Purpose.Primary, DATA_KEY, KeyEncryptionState.UNKNOWN, "", null, "{}")),
                List.of(),
                null,
                "2026-01-02T00:00:00Z",
                List.of()));

        ReplicaCmek back = serialization.unmarshal(serialization.asJson(replica), ReplicaCmek.class);

        assertThat(back.getSpec()).isEqualTo(replica.getSpec());
        assertThat(back.getStatus()).isEqualTo(replica.getStatus());
    }

    @Test
    void theJsonNamesAreThoseOfTheApi() {
        assertThat(serialization.asJson(new WorkgroupSpec(
                        "us-east-1",
                        new Cmek(DATA_KEY, BACKUP_KEY),
                        new Buckets("d", "b", "Create"),
                        new Volumes(Map.of("type", "gp3"), "Retain"),
                        "Managed",
                        "Retain",
                        new Replication("us-west-2", List.of("orders")))))
                .isEqualTo("{\"region\":\"us-east-1\",\"cmek\":{\"dataBucketKeyID\":\"" + DATA_KEY
                        + "\",\"backupBucketKeyID\":\"" + BACKUP_KEY + "\"},"
                        + "\"buckets\":{\"data\":\"d\",\"backup\":\"b\",\"provisioning\":\"Create\"},"
                        + "\"volumes\":{\"parameters\":{\"type\":\"gp3\"},\"reclaimPolicy\":\"Retain\"},"
                        + "\"policyManagement\":\"Managed\",\"deletionPolicy\":\"Retain\","
                        + "\"replication\":{\"region\":\"us-west-2\",\"databases\":[\"orders\"]}}");
        assertThat(serialization.asJson(new BucketStatus(Purpose.Data, "d", "aws:kms", DATA_KEY, true)))
                .isEqualTo("{\"purpose\":\"Data\",\"name\":\"d\",\"encryption\":\"aws:kms\",\"kmsKeyID\":\"" + DATA_KEY
                        + "\",\"bucketKeyEnabled\":true}");
    }

    @Test
    void whatIsNotSetIsNotWritten() {
        assertThat(serialization.asJson(new WorkgroupSpec("us-east-1", null, null, null, null, null, null)))
                .isEqualTo("{\"region\":\"us-east-1\"}");
        assertThat(serialization.asJson(
                        new WorkgroupStatus(1L, null, List.of(), List.of(), null, null, null, List.of())))
                .isEqualTo("{\"observedGeneration\":1}");
        assertThat(serialization.asJson(new ReplicationStatus(null, List.of(), List.of(), null)))
                .isEqualTo("{}");
        assertThat(serialization.asJson(new Workgroup())).doesNotContain("spec").doesNotContain("status");
    }

    @Test
    void anEmptyKeyStateAndAnEmptyMessageAreWritten() {
        assertThat(serialization.asJson(
                        new KeyStatus(Purpose.Data, DATA_KEY, KeyEncryptionState.PENDING, "", null, "{}")))
                .contains("\"keyState\":\"\"");
        assertThat(serialization.asJson(new Condition("Ready", "True", "AsDeclared", "", null, "2026-01-01T00:00:00Z")))
                .contains("\"message\":\"\"");
    }

    @Test
    void unknownFieldsOfANewerVersionAreIgnored() {
        Workgroup workgroup = serialization.unmarshal("""
                apiVersion: cmek.io/v1alpha1
                kind: Workgroup
                metadata: {name: orders}
                later: 1
                spec:
                  region: us-east-1
                  later: 1
                  cmek: {dataBucketKeyID: "%1$s", later: 1}
                  buckets: {data: d, later: 1}
                  volumes: {later: 1}
                  replication: {region: us-west-2, later: 1}
                status:
                  later: 1
                  keys: [{purpose: Data, arn: x, state: ENABLED, suggestedPolicy: x, later: 1}]
                  buckets: [{purpose: Data, name: d, later: 1}]
                  conditions: [{type: Ready, status: "True", reason: Ready, message: m, lastTransitionTime: t, later: 1}]
                  replication:
                    later: 1
                    blocked: [{name: x, later: 1}]
                    secondary: {name: x, dataBucketKeyID: "%1$s", later: 1}
                """.formatted(DATA_KEY), Workgroup.class);
        assertThat(workgroup.getSpec().cmek()).isEqualTo(new Cmek(DATA_KEY, null));
        assertThat(workgroup.getStatus().keys()).extracting(KeyStatus::keyState).containsExactly("");
        ReplicaCmek replica = serialization.unmarshal("""
                apiVersion: cmek.io/v1alpha1
                kind: ReplicaCmek
                spec: {later: 1, workgroupRef: {name: orders, later: 1}, region: us-west-2, dataBucketKeyID: "%s",
                  buckets: {data: d, later: 1}}
                status: {later: 1}
                """.formatted(DATA_KEY), ReplicaCmek.class);
        assertThat(replica.getSpec().workgroupRef()).isEqualTo(new WorkgroupRef("orders"));
        assertThat(replica.getStatus().conditions()).isEmpty();
    }

    @Test
    void absentFieldsMeanTheDefaultsOfTheApi() {
        WorkgroupSpec workgroup = new WorkgroupSpec("us-east-1", null, null, null, null, null, null);
        assertThat(workgroup.policyManagementOrDefault()).isEqualTo(PolicyManagement.Managed);
        assertThat(workgroup.deletionPolicyOrDefault()).isEqualTo(DeletionPolicy.Retain);
        assertThat(new Buckets("d", null, null).provisioningOrDefault()).isEqualTo(Provisioning.Create);
        assertThat(new Volumes(null, null).reclaimPolicyOrDefault()).isEqualTo(ReclaimPolicy.Retain);
        assertThat(new Volumes(null, null).parametersOrEmpty()).isEmpty();
        assertThat(new Replication("us-west-2", null).databasesOrEmpty()).isEmpty();
    }
}
