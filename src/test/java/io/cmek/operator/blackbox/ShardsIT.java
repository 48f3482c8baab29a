package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two installations in one cluster, each with its label, its Lease and its statements. */
class ShardsIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private static OperatorProcess a;
    private static OperatorProcess b;

    private LocalAws aws;
    private TestNamespace team;

    @BeforeAll
    static void start() {
        a = shard("a");
        b = shard("b");
    }

    /** As docs/high-availability.md says; both use the one ServiceAccount of which the environment has a token. */
    private static OperatorProcess shard(String id) {
        ENVIRONMENT.installation().install("cmek-operator-" + id, """
                cmek: {installationId: %s, selector: cmek.io/shard=%s}
                crds: {install: false}
                roles: {install: false}
                admission: {install: false}
                serviceAccount: {create: false, name: cmek-operator}
                """.formatted(id, id));
        return ENVIRONMENT
                .launch(Map.of(
                        "CMEK_LEADER_ELECTION_ENABLED",
                        "true",
                        "CMEK_INSTALLATION_ID",
                        id,
                        "CMEK_SELECTOR",
                        "cmek.io/shard=" + id))
                .awaitReady();
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        ENVIRONMENT.installation().uninstall("cmek-operator-a");
        ENVIRONMENT.installation().uninstall("cmek-operator-b");
    }

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
    }

    @Test
    void eachServesItsOwnAndNeitherWhatHasNoLabel() {
        team.apply(workgroup("first").labelled("cmek.io/shard: a").toString());
        team.apply(workgroup("second").labelled("cmek.io/shard: b").toString());
        team.apply(workgroup("nobodys").toString());

        team.awaitWorkgroup("first", EncryptionState.DISABLED);
        team.awaitWorkgroup("second", EncryptionState.DISABLED);

        assertThat(team.workgroup("nobodys").getStatus()).isNull();
        assertThat(team.workgroup("nobodys").getMetadata().getFinalizers()).isEmpty();
    }

    @Test
    void aKeyOfBothHasTheStatementsOfBothAndOneTakesNothingFromTheOther() {
        String key = aws.createKey(REGION);
        team.apply(workgroup("first", key, team.namespace() + "-first")
                .with("deletionPolicy: Release")
                .labelled("cmek.io/shard: a")
                .toString());
        team.apply(workgroup("second", key, team.namespace() + "-second")
                .labelled("cmek.io/shard: b")
                .toString());
        team.awaitWorkgroup("first", EncryptionState.ENABLED);
        team.awaitWorkgroup("second", EncryptionState.ENABLED);

        assertThat(sids(key)).contains("CmekOperatoraDataUse", "CmekOperatorbDataUse", "CmekOperatorbDataGrants");

        team.kubectl("delete", "workgroup", "first", "--wait=false").orThrow();
        team.awaitGone("workgroup", "first");

        assertThat(sids(key))
                .contains("Enable IAM User Permissions", "CmekOperatorbDataUse", "CmekOperatorbDataGrants")
                .doesNotContain("CmekOperatoraDataUse", "CmekOperatoraDataGrants");
        team.awaitWorkgroup("second", EncryptionState.ENABLED);
    }

    @Test
    void aBucketOfAnotherShardIsGuardedByItsKey() {
        String bucket = team.namespace() + "-data";
        team.apply(workgroup("first", aws.createKey(REGION), bucket)
                .labelled("cmek.io/shard: a")
                .toString());
        team.awaitWorkgroup("first", EncryptionState.ENABLED);

        team.apply(workgroup("second", aws.createKey(REGION), bucket)
                .labelled("cmek.io/shard: b")
                .toString());

        team.awaitReason("second", "BucketsEncrypted", "BucketUnderAnotherKey");
    }

    @Test
    void aReplicaCmekInAnotherShardIsNotAcceptedAndSaysWhatIsServed() {
        team.apply(workgroup("orders", aws.createKey(REGION), team.namespace() + "-data")
                .replicating("orders")
                .labelled("cmek.io/shard: a")
                .toString());
        team.apply(replica("west", "orders", aws.createKey(SECONDARY_REGION), team.namespace() + "-west")
                .labelled("cmek.io/shard: b")
                .toString());

        assertThat(team.awaitReplicaReason("west", "Accepted", "WorkgroupNotFound")
                        .message())
                .contains("with the labels 'cmek.io/shard=b' that this installation serves");
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");

        // In the right one it is what it should be.
        team.kubectl("label", "replicacmek", "west", "cmek.io/shard=a", "--overwrite")
                .orThrow();
        team.awaitReplica("west", EncryptionState.ENABLED);
    }

    @Test
    void eachHasItsLease() {
        assertThat(ENVIRONMENT.installation().kubectl().must("get", "lease", "-n", "cmek-system", "-o", "name"))
                .contains("lease.coordination.k8s.io/cmek-operator-a", "lease.coordination.k8s.io/cmek-operator-b");
    }

    private List<String> sids(String key) {
        return aws.policy(key).get("Statement").findValuesAsText("Sid");
    }
}
