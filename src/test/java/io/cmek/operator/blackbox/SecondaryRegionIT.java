package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.DATA_PLANE;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.condition;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.BlockedDatabase;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.ReplicationStatus;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.Alone;
import io.cmek.operator.testing.Kubectl.CommandResult;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** CMEK of the secondary region: the two policies (R9), the gate (R5, R6, R10), the lock (R8), and the region that they are for. */
class SecondaryRegionIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String EDITOR = "cmek-editor";
    private static final String IRELAND = "eu-west-1";
    private static final String REMOVE_REPLICATION = "{\"spec\":{\"replication\":null}}";
    private static final String REGION_TO_IRELAND = "{\"spec\":{\"replication\":{\"region\":\"" + IRELAND + "\"}}}";
    private static final String REPLICATE_TO_IRELAND =
            "{\"spec\":{\"replication\":{\"region\":\"" + IRELAND + "\",\"databases\":[\"orders\"]}}}";

    /** Where the CRD has the rules that see status and spec. */
    private static final String ROOT_RULES = ".spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    private LocalAws aws;
    private TestNamespace team;
    private String primaryKey;
    private String secondaryKey;

    /** Bucket names that no other test uses. */
    private String data;

    private String west;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        primaryKey = aws.createKey(REGION);
        secondaryKey = aws.createKey(SECONDARY_REGION);
        data = team.namespace() + "-data";
        west = team.namespace() + "-west";
    }

    // -- two policies

    @SideBySide
    @Test
    void singleRegionKeysInBothRegions() {
        String primaryBackup = aws.createKey(REGION);
        String secondaryBackup = aws.createKey(SECONDARY_REGION);
        team.apply(workgroup("orders", primaryKey, data, primaryBackup, data + "-backup")
                .replicating("orders", "billing")
                .toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");

        team.apply(replica("west", "orders", secondaryKey, west, secondaryBackup, west + "-backup")
                .toString());
        WorkgroupStatus status = team.awaitWorkgroup(
                "orders", "everything is ready", s -> has(s, "ReplicationAllowed", "SecondaryReady"));

        ReplicaCmekStatus secondary = team.awaitReplica("west", EncryptionState.ENABLED);
        assertThat(secondary.keys())
                .extracting(KeyStatus::purpose, KeyStatus::arn, KeyStatus::state, KeyStatus::keyState)
                .containsExactly(
                        tuple(Purpose.Data, secondaryKey, KeyEncryptionState.ENABLED, "Enabled"),
                        tuple(Purpose.Backup, secondaryBackup, KeyEncryptionState.ENABLED, "Enabled"),
                        tuple(Purpose.Primary, primaryKey, KeyEncryptionState.ENABLED, "Enabled"));
        assertThat(secondary.conditions())
                .filteredOn(c -> !c.status().equals("True"))
                .isEmpty();
        assertThat(sidsOfOurs(secondaryKey)).containsExactly("DataUse", "DataGrants");
        assertThat(sidsOfOurs(secondaryBackup)).containsExactly("BackupUse");
        assertThat(sidsOfOurs(primaryKey)).containsExactly("DataUse", "DataGrants", "ReplicationUse");
        assertThat(sidsOfOurs(primaryBackup)).containsExactly("BackupUse");
        assertEncrypted(west, secondaryKey);
        assertEncrypted(west + "-backup", secondaryBackup);

        assertThat(status.replication().admitted()).containsExactly("orders", "billing");
        assertThat(status.replication().blocked()).isEmpty();
        assertThat(status.replication().secondary())
                .returns("west", SecondaryCmek::name)
                .returns(secondaryKey, SecondaryCmek::dataBucketKeyID)
                .returns(secondaryBackup, SecondaryCmek::backupBucketKeyID);
        assertThat(condition(status, "FailoverReady")).returns("SecondaryReady", Condition::reason);
        assertThat(team.kubectl("get", "wg,rcmek").output()).contains("SecondaryReady", SECONDARY_REGION);
    }

    /** R9, and R3 for it: all that is to be added is shown before AWS was asked anything, whoever is to write it. */
    @SideBySide
    @Test
    void theStatementsOfBothPoliciesAreInTheFirstStatusAndPublishModeWritesNone() {
        JsonNode primaryPolicy = aws.policy(primaryKey);
        JsonNode secondaryPolicy = aws.policy(secondaryKey);
        team.apply(workgroup("orders", primaryKey, data)
                .with("policyManagement: Publish")
                .replicating("orders")
                .toString());
        team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied");

        try (var statuses = team.statuses(ReplicaCmek.class)) {
            team.apply(replica("west", "orders", secondaryKey, west)
                    .with("policyManagement: Publish")
                    .toString());
            team.awaitReplicaReason("west", "PolicyApplied", "PolicyNotApplied");

            ReplicaCmekStatus first = statuses.of("west").getFirst();
            assertThat(first.keys()).extracting(KeyStatus::purpose).containsExactly(Purpose.Data, Purpose.Primary);
            assertThat(first.keys().getFirst().keyState())
                    .as("AWS was not asked yet")
                    .isEmpty();
            assertThat(first.keys().getFirst().suggestedPolicy())
                    .contains("CmekOperatordefaultDataUse", "CmekOperatordefaultDataGrants", DATA_PLANE);
            assertThat(first.keys().getLast().suggestedPolicy())
                    .contains("CmekOperatordefaultReplicationUse", "kms:GenerateDataKey*", DATA_PLANE)
                    .doesNotContain("CreateGrant");
        }
        assertThat(aws.policy(primaryKey)).isEqualTo(primaryPolicy);
        assertThat(aws.policy(secondaryKey)).isEqualTo(secondaryPolicy);
        assertThat(condition(team.replica("west").getStatus(), "PolicyApplied").message())
                .contains(secondaryKey, primaryKey);

        // Their owner pastes what is suggested, line by line.
        for (KeyStatus line : team.workgroup("orders").getStatus().keys()) {
            paste(line);
        }
        for (KeyStatus line : team.replica("west").getStatus().keys()) {
            paste(line);
        }
        team.awaitReplica("west", EncryptionState.ENABLED);
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
    }

    // -- a multi-region key

    /** A replica's policy is a copy of the moment: nothing but the operator keeps the statements on both sides equal. */
    @SideBySide
    @Test
    void onAMultiRegionKeyBothSidesHaveTheSameStatementsAndWhatIsTakenFromOneComesBack() {
        String primary = aws.createKey(REGION, r -> r.multiRegion(true));
        String replica = aws.replicateKey(primary, SECONDARY_REGION);
        team.apply(workgroup("orders", primary, data).replicating("orders").toString());
        team.apply(replica("west", "orders", replica, west).toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
        assertThat(team.replica("west").getStatus().keys())
                .extracting(KeyStatus::purpose, KeyStatus::arn, KeyStatus::multiRegion)
                .containsExactly(tuple(Purpose.Data, replica, true), tuple(Purpose.Primary, primary, true));
        assertThat(sidsOfOurs(primary)).containsExactlyInAnyOrder("DataUse", "DataGrants", "ReplicationUse");
        awaitSameStatements(primary, replica);

        // A statement of ours goes on one side.
        ObjectNode policy = aws.policy(replica).deepCopy();
        removeStatement(policy, "CmekOperatordefaultDataGrants");
        aws.setPolicy(replica, policy.toString());
        awaitSameStatements(primary, replica);
        assertThat(sidsOfOurs(replica)).contains("DataGrants");

        await("it is reported")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(team.kubectl(
                                        "get",
                                        "events",
                                        "--field-selector=reason=DriftRepaired",
                                        "-o=jsonpath={.items[*].message}")
                                .output())
                        .contains("the statement 'CmekOperatordefaultDataGrants' had been removed", replica));

        // Somebody, or another cluster, gives one more role the use of the key on the other side: that is no business
        // of this one.
        String auditor = aws.role(LocalAws.ACCOUNT, "auditor", "arn:aws:iam::" + LocalAws.ACCOUNT + ":root", "", """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}""");
        policy = aws.policy(primary).deepCopy();
        ((ObjectNode) statement(policy, "CmekOperatordefaultDataUse").get("Principal"))
                .putArray("AWS")
                .add(DATA_PLANE)
                .add(auditor);
        aws.setPolicy(primary, policy.toString());
        ENVIRONMENT.proxy().awaitMoreAbout(List.of(primary, replica), "kms:GetKeyPolicy", 3, Duration.ofSeconds(60));
        assertThat(aws.policy(primary).toString()).contains(auditor);
        assertThat(aws.policy(replica).toString()).doesNotContain(auditor);
    }

    // -- the gate

    @SideBySide
    @Test
    void databasesWaitForAReadySecondaryAndOnceAdmittedTheyStay() {
        aws.disableKey(secondaryKey);
        team.apply(workgroup("orders", primaryKey, data)
                .replicating("orders", "billing")
                .toString());
        WorkgroupStatus alone = team.awaitWorkgroup(
                "orders", "the gate is closed", s -> has(s, "ReplicationAllowed", "SecondaryCmekRequired"));
        assertThat(alone.encryption()).isIn(EncryptionState.PENDING, EncryptionState.ENABLED);
        assertThat(alone.replication().blocked())
                .containsExactlyInAnyOrder(
                        new BlockedDatabase("orders", "SecondaryCmekRequired"),
                        new BlockedDatabase("billing", "SecondaryCmekRequired"));
        assertThat(condition(alone, "FailoverReady")).returns("SecondaryCmekRequired", Condition::reason);

        team.apply(replica("west", "orders", secondaryKey, west).toString());
        team.awaitReplica("west", EncryptionState.FAILED);
        awaitGateSays("billing", "orders", "west", secondaryKey, "is disabled");
        assertThat(team.workgroup("orders").getStatus().replication().admitted())
                .isEmpty();

        aws.enableKey(secondaryKey);
        WorkgroupStatus open =
                team.awaitWorkgroup("orders", "the gate is open", s -> has(s, "ReplicationAllowed", "SecondaryReady"));
        assertThat(open.replication().admitted()).containsExactly("orders", "billing");

        aws.disableKey(secondaryKey);
        team.awaitReplica("west", EncryptionState.DEGRADED);
        team.apply(workgroup("orders", primaryKey, data)
                .replicating("orders", "billing", "crm")
                .toString());
        WorkgroupStatus ill = team.awaitWorkgroup(
                "orders",
                "crm waits",
                s -> s.replication().blocked().equals(List.of(new BlockedDatabase("crm", "SecondaryNotReady"))));
        assertThat(ill.replication().admitted())
                .as("their data is there already")
                .containsExactly("orders", "billing");
        assertThat(condition(ill, "ReplicationAllowed").message())
                .contains("The database crm waits", "Still admitted: orders, billing.");
        assertThat(condition(ill, "FailoverReady")).returns("False", Condition::status);

        aws.enableKey(secondaryKey);
        assertThat(team.awaitWorkgroup("orders", "crm follows", s -> has(s, "ReplicationAllowed", "SecondaryReady"))
                        .replication()
                        .admitted())
                .containsExactly("orders", "billing", "crm");
    }

    /** R5, where the ReplicaCmek came first; the admission policy refuses it where it comes second. */
    @SideBySide
    @Test
    void aWorkgroupWithoutCmekNeverGetsItInItsSecondaryRegion() {
        JsonNode before = aws.policy(secondaryKey);
        team.apply(replica("west", "orders", secondaryKey, west).toString());
        team.awaitReplicaReason("west", "Accepted", "WorkgroupNotFound");

        team.apply(workgroup("orders").replicating("orders").toString());
        Condition accepted = team.awaitReplicaReason("west", "Accepted", "PrimaryNotEncrypted");

        assertThat(accepted.message()).contains("created without CMEK", "create a new Workgroup that has it");
        ReplicaCmekStatus refused = team.awaitReplica("west", EncryptionState.FAILED);
        assertThat(condition(refused, "Stalled").reason()).isEqualTo("PrimaryNotEncrypted");
        assertThat(refused.keys().getFirst().keyState())
                .as("nobody read the key")
                .isEmpty();
        assertThat(aws.policy(secondaryKey)).isEqualTo(before);
        // It replicates as it is: without CMEK on either side.
        WorkgroupStatus plain = team.awaitWorkgroup("orders", EncryptionState.DISABLED);
        assertThat(plain.replication().admitted()).containsExactly("orders");
        assertThat(condition(plain, "ReplicationAllowed")).returns("NoCmek", Condition::reason);
    }

    @SideBySide
    @Test
    void aReplicaCmekThatCameFirstForAnotherRegionIsRefused() {
        String frankfurt = aws.createKey("eu-central-1");
        team.apply("""
                apiVersion: cmek.io/v1alpha1
                kind: ReplicaCmek
                metadata: {name: frankfurt}
                spec:
                  workgroupRef: {name: orders}
                  region: eu-central-1
                  dataBucketKeyID: %s
                  buckets: {data: %s}
                """.formatted(frankfurt, west));
        team.apply(workgroup("orders", primaryKey, data).replicating("orders").toString());

        Condition accepted = team.awaitReplicaReason("frankfurt", "Accepted", "RegionNotReplicated");

        assertThat(accepted.message()).contains("does not replicate to eu-central-1");
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");
        assertThat(aws.sids(frankfurt)).noneMatch(sid -> sid.startsWith("CmekOperator"));
    }

    // -- the lock

    @SideBySide
    @Test
    void deletingAndCreatingAgainIsNoWayAround() {
        String other = aws.createKey(SECONDARY_REGION);
        replicate("orders");
        team.apply(replica("second", "orders", secondaryKey, west + "-2").toString());
        Condition second = team.awaitReplicaReason("second", "Accepted", "AlreadyConfigured");
        assertThat(second.message()).contains("'west' configures the secondary region", "Delete this one");
        team.kubectl("delete", "rcmek", "second", "--timeout=30s").orThrow();

        replicate();
        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();
        assertThat(team.workgroup("orders")
                        .getStatus()
                        .replication()
                        .secondary()
                        .dataBucketKeyID())
                .as("the record outlives the ReplicaCmek")
                .isEqualTo(secondaryKey);

        team.apply(replica("west", "orders", other, west).toString());
        Condition refused = team.awaitReplicaReason("west", "Accepted", "KeysDifferFromConfigured");
        assertThat(refused.message())
                .contains("was configured with the data key " + secondaryKey, "configured once", "with those keys");
        team.awaitReplica("west", EncryptionState.FAILED);
        assertThat(aws.sids(other)).noneMatch(sid -> sid.startsWith("CmekOperator"));
        apply("orders");
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");
        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();

        // A backup key that was not there is another configuration, too.
        team.apply(replica("west", "orders", secondaryKey, west, secondaryKey, west + "-backup")
                .toString());
        team.awaitReplicaReason("west", "Accepted", "KeysDifferFromConfigured");
        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();

        // The same keys are fine, under whatever name.
        team.apply(replica("renamed", "orders", secondaryKey, west).toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
        assertThat(team.workgroup("orders")
                        .getStatus()
                        .replication()
                        .secondary()
                        .name())
                .isEqualTo("renamed");
    }

    /** What a pipeline does with a file whose metadata.name was edited: it creates the new one and prunes the old. */
    @SideBySide
    @Test
    void renamedWhileDatabasesReplicateTheyGoOn() {
        replicate("orders", "billing");
        try (Statuses<WorkgroupStatus> statuses = team.statuses(Workgroup.class)) {
            team.apply(replica("west-1", "orders", secondaryKey, west).toString());
            team.awaitReplicaReason("west-1", "Accepted", "AlreadyConfigured");
            team.kubectl("delete", "rcmek", "west", "--wait=false").orThrow();

            team.awaitGone("rcmek", "west");
            team.awaitReplica("west-1", EncryptionState.ENABLED);
            team.awaitWorkgroup(
                    "orders",
                    "the lock is held by the new one",
                    s -> s.replication().secondary().name().equals("west-1")
                            && has(s, "ReplicationAllowed", "SecondaryReady"));
            assertThat(statuses.of("orders")).allSatisfy(s -> {
                assertThat(s.replication().admitted()).containsExactly("orders", "billing");
                assertThat(s.replication().secondary().dataBucketKeyID()).isEqualTo(secondaryKey);
            });
        }
        assertEncrypted(west, secondaryKey);
    }

    @SideBySide
    @Test
    void aMistypedKeyIsNotForEver() {
        apply("orders");
        String mistyped = "arn:aws:kms:" + SECONDARY_REGION + ":" + LocalAws.ACCOUNT
                + ":key/00000000-0000-4000-8000-000000000000";
        team.apply(replica("west", "orders", mistyped, west).toString());
        ReplicaCmekStatus status = team.awaitReplica("west", EncryptionState.FAILED);
        assertThat(condition(status, "Ready").reason()).isEqualTo("KeyNotFound");
        assertThat(condition(status, "Stalled").message()).contains(mistyped, "does not exist");
        awaitGateSays("orders waits for the ReplicaCmek west", mistyped);
        assertThat(team.workgroup("orders").getStatus().replication().secondary())
                .isNull();

        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();
        team.apply(replica("west", "orders", secondaryKey, west).toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
    }

    @SideBySide
    @Test
    void aStatusThatWasWipedIsRebuilt() {
        replicate("orders");
        WorkgroupStatus before = team.workgroup("orders").getStatus();
        ReplicaCmekStatus secondaryBefore = team.replica("west").getStatus();
        String other = aws.createKey(SECONDARY_REGION);

        wipe("workgroup", "orders", "[{\"op\": \"replace\", \"path\": \"/status\", \"value\": {}}]");
        assertThat(team.awaitWorkgroup("orders", "the status is as before", s -> isSame(s, before)))
                .isNotNull();

        wipe("replicacmek", "west", "[{\"op\": \"replace\", \"path\": \"/status\", \"value\": {}}]");
        team.awaitReplica("west", "the status is as before", s -> isSame(s, secondaryBefore));
        team.awaitWorkgroup("orders", "the status is as before", s -> isSame(s, before));

        // Only a part, by hand: the record of the lock.
        wipe("workgroup", "orders", "[{\"op\": \"remove\", \"path\": \"/status/replication/secondary\"}]");
        team.awaitWorkgroup(
                "orders",
                "the record is there again",
                s -> s.replication() != null && s.replication().secondary() != null);
        assertThat(team.workgroup("orders")
                        .getStatus()
                        .replication()
                        .secondary()
                        .dataBucketKeyID())
                .isEqualTo(secondaryKey);
        wipe("workgroup", "orders", "[{\"op\": \"remove\", \"path\": \"/status/conditions\"}]");
        team.awaitWorkgroup("orders", "the conditions are there again", s -> isSame(s, before));

        // Both at once, and somebody uses the moment for other keys.
        team.apply(replica("usurper", "orders", other, west + "-2").toString());
        team.awaitReplicaReason("usurper", "Accepted", "KeysDifferFromConfigured");
        wipe("workgroup", "orders", "[{\"op\": \"remove\", \"path\": \"/status\"}]");
        team.awaitWorkgroup("orders", "the status is as before", s -> isSame(s, before));
        team.awaitReplicaReason("usurper", "Accepted", "KeysDifferFromConfigured");
        assertThat(aws.sids(other)).noneMatch(sid -> sid.startsWith("CmekOperator"));
    }

    /** A backup brings back the manifests without status. What was done in AWS is still there. */
    @Alone
    @Test
    void afterARestoreWithOtherKeysTheBucketShowsWithWhichItWasConfigured() {
        String other = aws.createKey(SECONDARY_REGION);
        replicate("orders");

        loseEverything();
        team.apply(replica("west", "orders", other, west).toString());
        apply("orders");
        Condition refused = team.awaitReplicaReason("west", "BucketsEncrypted", "BucketUnderAnotherKey");

        assertThat(refused.message()).contains(west, secondaryKey);
        ReplicaCmekStatus status = team.awaitReplica("west", EncryptionState.FAILED);
        assertThat(condition(status, "Ready"))
                .returns("False", Condition::status)
                .returns("BucketUnderAnotherKey", Condition::reason);
        assertThat(condition(status, "Ready").message()).contains("configured with that key before");
        awaitGateSays("the ReplicaCmek west", secondaryKey);
        assertThat(team.workgroup("orders").getStatus().replication().admitted())
                .isEmpty();
        assertEncrypted(west, secondaryKey);

        // With the right ones everything is as it was.
        team.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();
        team.apply(replica("west", "orders", secondaryKey, west).toString());
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
        assertThat(sidsOfOurs(other)).isEmpty();
    }

    @Alone
    @Test
    void afterARestoreWithTheSameKeysEverythingIsAsItWas() {
        replicate("orders");
        ENVIRONMENT.proxy().resetCounts();

        loseEverything();
        team.apply(replica("west", "orders", secondaryKey, west).toString());
        apply("orders");

        team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
        assertThat(ENVIRONMENT.proxy().writes()).as("writes to AWS").isZero();
    }

    // -- the region of replication, edited by somebody who may write Workgroups and no ReplicaCmek

    @SideBySide
    @Test
    void untilADatabaseIsAdmittedReplicationIsFreeAndNothingIsAdmittedToARegionWithoutCmek() {
        bindEditor();
        try (Statuses<WorkgroupStatus> statuses = team.statuses(Workgroup.class)) {
            apply("orders");
            team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");

            asEditor(REGION_TO_IRELAND).orThrow();
            WorkgroupStatus there = team.awaitWorkgroup("orders", "it waits for Ireland", s -> s.replication() != null);
            assertThat(there.replication().region()).isEqualTo(IRELAND);
            assertThat(there.replication().blocked())
                    .containsExactly(new BlockedDatabase("orders", "SecondaryCmekRequired"));
            asEditor(REMOVE_REPLICATION).orThrow();
            team.awaitReason("orders", "ReplicationAllowed", "NotRequested");
            asEditor(REPLICATE_TO_IRELAND).orThrow();
            team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");

            assertThat(statuses.of("orders")).allSatisfy(s -> {
                if (s.replication() != null) {
                    assertThat(s.replication().admitted()).isEmpty();
                }
            });
        }
        // And back, to be configured there.
        replicate("orders");
    }

    @SideBySide
    @Test
    void onceADatabaseWasAdmittedReplicationIsNotRemovedAndStaysInItsRegion() {
        bindEditor();
        replicate("orders");
        assertReplicationStays();
        assertThat(team.workgroup("orders").getStatus().replication())
                .returns(List.of("orders"), ReplicationStatus::admitted)
                .returns(SECONDARY_REGION, ReplicationStatus::region);

        asEditor("{\"spec\":{\"replication\":{\"databases\":[]}}}").orThrow();
        WorkgroupStatus stopped = team.awaitWorkgroup(
                "orders", "replication stops", s -> s.replication().admitted().isEmpty());
        assertThat(condition(stopped, "ReplicationAllowed")).returns("NotRequested", Condition::reason);
        assertThat(stopped.replication().secondary()).isNotNull();
        assertReplicationStays();

        // Nothing holds the ReplicaCmek any more, and the record outlives it.
        team.kubectl("delete", "rcmek", "west", "--timeout=60s").orThrow();
        assertReplicationStays();
        asEditor("{\"spec\":{\"replication\":{\"databases\":[\"orders\"]}}}").orThrow();
        team.awaitReason("orders", "ReplicationAllowed", "SecondaryCmekRequired");
        assertReplicationStays();

        // The rules do not stand in the way of the operator: its finalizer goes.
        team.kubectl("delete", "wg", "orders", "--timeout=60s").orThrow();
    }

    /** It has no record of keys: what its status says of replication is the memory. */
    @SideBySide
    @Test
    void withoutCmekItIsTheSame() {
        bindEditor();
        team.apply(workgroup("orders").replicating().toString());
        team.awaitWorkgroup("orders", EncryptionState.DISABLED);
        asEditor(REMOVE_REPLICATION).orThrow();
        team.apply(workgroup("orders").replicating("orders").toString());
        team.awaitReason("orders", "ReplicationAllowed", "NoCmek");
        assertReplicationStays();

        asEditor("{\"spec\":{\"replication\":{\"databases\":[]}}}").orThrow();
        team.awaitReason("orders", "ReplicationAllowed", "NotRequested");
        assertReplicationStays();
    }

    /** As with a CRD that was not upgraded: the controller alone knows for which region an admission was given. */
    @Alone
    @Test
    void withoutTheRulesOfTheApiServerNothingIsAdmittedToARegionWithoutCmekEither() {
        bindEditor();
        replicate("orders");
        String rules = team.kubectl("get", "crd", "workgroups.cmek.io", "-o=jsonpath={" + ROOT_RULES + "}")
                .orThrow()
                .output();
        patchCrd("[{\"op\": \"remove\", \"path\": \""
                + ROOT_RULES.replace('.', '/').replace("[0]", "/0") + "\"}]");
        try (Statuses<WorkgroupStatus> statuses = team.statuses(Workgroup.class)) {
            // In one step: the operator never saw a Workgroup without replication.
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> asEditor(REGION_TO_IRELAND).isDone());
            assertNothingIsAdmittedToIreland();
            asEditor("{\"spec\":{\"replication\":{\"region\":\"" + SECONDARY_REGION + "\"}}}")
                    .orThrow();
            team.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");

            // In two, and it has seen both.
            asEditor(REMOVE_REPLICATION).orThrow();
            team.awaitReason("orders", "ReplicationAllowed", "NotRequested");
            asEditor(REPLICATE_TO_IRELAND).orThrow();
            assertNothingIsAdmittedToIreland();

            assertThat(statuses.of("orders"))
                    .filteredOn(s -> s.replication() != null
                            && IRELAND.equals(s.replication().region()))
                    .isNotEmpty()
                    .allSatisfy(s -> assertThat(s.replication().admitted()).isEmpty());
        } finally {
            patchCrd("[{\"op\": \"add\", \"path\": \""
                    + ROOT_RULES.replace('.', '/').replace("[0]", "/0") + "\", \"value\": " + rules + "}]");
        }
        await("the rules are back")
                .atMost(Duration.ofSeconds(30))
                .until(() -> !team.kubectl(
                                "patch", "wg", "orders", "--type=merge", "--dry-run=server", "-p", REMOVE_REPLICATION)
                        .isDone());

        // There is one way on, and that is back.
        assertThat(asEditor("{\"spec\":{\"replication\":{\"region\":\"eu-central-1\"}}}")
                        .errors())
                .contains("replication.region 'eu-central-1' is not the region '" + SECONDARY_REGION + "'");
        asEditor("{\"spec\":{\"replication\":{\"region\":\"" + SECONDARY_REGION + "\"}}}")
                .orThrow();
        assertThat(team.awaitWorkgroup("orders", "it goes on", s -> has(s, "ReplicationAllowed", "SecondaryReady"))
                        .replication()
                        .admitted())
                .containsExactly("orders");
    }

    // -- the means

    private void bindEditor() {
        team.kubectl("create", "rolebinding", EDITOR, "--clusterrole=" + EDITOR, "--user=" + EDITOR)
                .orThrow();
    }

    /** A merge patch of the Workgroup. */
    private CommandResult asEditor(String patch) {
        return team.kubectl("patch", "wg", "orders", "--type=merge", "--as=" + EDITOR, "-p", patch);
    }

    /** Whichever way a user writes a Workgroup. */
    private void assertReplicationStays() {
        String removed = "replication cannot be removed, because databases were admitted to the region '"
                + SECONDARY_REGION + "' or its CMEK is configured";
        String moved = "replication.region '" + IRELAND + "' is not the region '" + SECONDARY_REGION + "'";
        assertThat(asEditor(REMOVE_REPLICATION)).satisfies(s -> isRefused(s, removed));
        assertThat(asEditor(REGION_TO_IRELAND)).satisfies(s -> isRefused(s, moved));
        String object = team.kubectl("get", "wg", "orders", "-o", "json").output();
        assertThat(replace(object, spec -> spec.remove("replication"))).satisfies(s -> isRefused(s, removed));
        assertThat(replace(object, spec -> spec.withObject("/replication").put("region", IRELAND)))
                .satisfies(s -> isRefused(s, moved));
    }

    private CommandResult replace(String object, Consumer<ObjectNode> edit) {
        try {
            var edited = (ObjectNode) JSON.readTree(object);
            edit.accept((ObjectNode) edited.get("spec"));
            // What the operator writes meanwhile is no conflict.
            ((ObjectNode) edited.get("metadata")).remove("resourceVersion");
            return team.installation()
                    .kubectl()
                    .run(edited.toString(), "replace", "-f", "-", "-n", team.namespace(), "--as=" + EDITOR);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void isRefused(CommandResult said, String because) {
        assertThat(said.exitCode()).isNotZero();
        assertThat(said.errors()).contains(because, "To stop replication, set databases: []");
    }

    private void assertNothingIsAdmittedToIreland() {
        WorkgroupStatus status = team.awaitWorkgroup(
                "orders",
                "orders waits",
                s -> s.replication()
                        .blocked()
                        .equals(List.of(new BlockedDatabase("orders", "KeysDifferFromConfigured"))));
        assertThat(status.replication())
                .returns(List.of(), ReplicationStatus::admitted)
                .returns(IRELAND, ReplicationStatus::region);
        assertThat(condition(status, "ReplicationAllowed").message())
                .contains("Set replication.region to " + SECONDARY_REGION)
                .doesNotContain("Still admitted");
    }

    private void patchCrd(String patch) {
        team.kubectl("patch", "crd", "workgroups.cmek.io", "--type=json", "-p", patch)
                .orThrow();
    }

    /** The workgroup orders, replicating to the region of the ReplicaCmek west: everything is ready. */
    private void replicate(String... databases) {
        apply(databases);
        if (team.replica("west") == null) {
            team.apply(replica("west", "orders", secondaryKey, west).toString());
        }
        team.awaitReplica("west", EncryptionState.ENABLED);
        team.awaitReason("orders", "ReplicationAllowed", databases.length == 0 ? "NotRequested" : "SecondaryReady");
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    private void apply(String... databases) {
        team.apply(workgroup("orders", primaryKey, data).replicating(databases).toString());
    }

    /** As when a cluster burns down: no finalizer is asked. */
    private void loseEverything() {
        ENVIRONMENT.operator().close();
        for (String what : List.of("rcmek/west", "wg/orders")) {
            team.kubectl("patch", what, "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}")
                    .orThrow();
            team.kubectl("delete", what, "--timeout=30s").orThrow();
        }
        ENVIRONMENT.startOperator();
    }

    private void awaitGateSays(String... words) {
        team.awaitWorkgroup(
                "orders",
                "the gate is closed, and its message has " + List.of(words),
                s -> has(s, "ReplicationAllowed", "SecondaryNotReady")
                        && Arrays.stream(words)
                                .allMatch(condition(s, "ReplicationAllowed").message()::contains));
    }

    private void wipe(String kind, String name, String patch) {
        team.kubectl("patch", kind, name, "--subresource=status", "--type=json", "-p", patch)
                .orThrow();
    }

    private void paste(KeyStatus line) {
        try {
            ObjectNode policy = aws.policy(line.arn()).deepCopy();
            var statements = (ArrayNode) policy.get("Statement");
            JSON.readTree("[" + line.suggestedPolicy() + "]").forEach(statements::add);
            aws.setPolicy(line.arn(), policy.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> sidsOfOurs(String key) {
        return aws.statementsOf("default", key);
    }

    private static ObjectNode statement(JsonNode policy, String sid) {
        return (ObjectNode) policy.get("Statement")
                .valueStream()
                .filter(s -> s.path("Sid").asText().equals(sid))
                .findFirst()
                .orElseThrow();
    }

    private static void removeStatement(ObjectNode policy, String sid) {
        var statements = policy.get("Statement").elements();
        while (statements.hasNext()) {
            if (statements.next().path("Sid").asText().equals(sid)) {
                statements.remove();
            }
        }
    }

    private void assertEncrypted(String bucket, String key) {
        var rule = aws.encryption(SECONDARY_REGION, bucket);
        assertThat(rule.applyServerSideEncryptionByDefault().sseAlgorithm()).isEqualTo(ServerSideEncryption.AWS_KMS);
        assertThat(rule.applyServerSideEncryptionByDefault().kmsMasterKeyID()).isEqualTo(key);
        assertThat(rule.bucketKeyEnabled()).isTrue();
    }

    private static boolean isSame(CmekStatus one, CmekStatus other) {
        return Statuses.timeless(one).equals(Statuses.timeless(other));
    }

    private void awaitSameStatements(String one, String other) {
        await("the same statements of ours on both sides")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(ours(one)).isEqualTo(ours(other)));
    }

    private List<JsonNode> ours(String key) {
        return aws.policy(key)
                .get("Statement")
                .valueStream()
                .filter(s -> s.path("Sid").asText().startsWith("CmekOperator"))
                .map(Unordered::of)
                .sorted(Comparator.comparing(s -> s.path("Sid").asText()))
                .toList();
    }
}
