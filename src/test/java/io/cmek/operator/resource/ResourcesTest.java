package io.cmek.operator.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.ReplicationStatus;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.Changes;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What follows from the resources as the informers tell them: who of those that are on their way out is held, what is known of a ReplicaCmek
 * whose Workgroup is missing, and what has to be read again.
 */
class ResourcesTest {

    private static final KeyArn PRIMARY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/11111111-12ab-34cd-56ef-1234567890ab");
    private static final KeyArn OTHER =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/33333333-12ab-34cd-56ef-1234567890ab");
    private static final KeyArn SECONDARY =
            KeyArn.parse("arn:aws:kms:us-west-2:111122223333:key/22222222-12ab-34cd-56ef-1234567890ab");

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private static final ResourceRef ORDERS = new ResourceRef("Workgroup", "team", "orders");
    private static final ResourceRef WEST = new ResourceRef("ReplicaCmek", "team", "west");
    private static final PolicyMerge MERGE = new PolicyMerge("default");
    private static final String STATEMENTS = MERGE.suggestion(AccessRequirements.of(
                    StatementKind.DATA_USE, List.of("arn:aws:iam::111122223333:role/service"))
            .plus(AccessRequirements.of(StatementKind.DATA_GRANTS, List.of("arn:aws:iam::111122223333:role/service"))));

    private final RequestIndex index = new RequestIndex(new Authorization(
            new Tenants(List.of(TestRequests.tenant("t", "arn:aws:iam::111122223333:role/service", "*", "team")))));
    private final Resources resources = new Resources(index, Optional.empty(), ResourceSelector.ALL);

    @Test
    void aReplicaCmekThatIsDeletedIsHeldWhileItsWorkgroupReplicates() {
        resources.put(workgroup(PRIMARY, "west", "orders"));
        resources.put(leaving(replica("west", null)));
        assertThat(replica("west").held()).isTrue();
        assertThat(replica("west").isGoing()).isFalse();

        resources.put(workgroup(PRIMARY, "west"));
        assertThat(replica("west").isGoing()).as("nothing replicates").isTrue();

        resources.put(leaving(workgroup(PRIMARY, "west", "orders")));
        assertThat(replica("west").isGoing()).as("the Workgroup goes, too").isTrue();

        resources.put(workgroup(PRIMARY, "another", "orders"));
        assertThat(replica("west").isGoing())
                .as("another holds the secondary region")
                .isTrue();
    }

    /** It is left as it is until the record is there again, and then it may be held. */
    @Test
    void aReplicaCmekIsHeldWhileTheLostRecordIsRebuiltFromIt() {
        resources.put(workgroup(PRIMARY, null, "orders"));
        resources.put(leaving(replica("west", PRIMARY.toString())));

        assertThat(replica("west").held()).isTrue();
    }

    @Test
    void aWorkgroupThatIsDeletedIsHeldByItsReplicaCmekAlone() {
        resources.put(leaving(workgroup(PRIMARY, "west", "orders")));
        assertThat(workgroup().isGoing()).as("there is no ReplicaCmek").isTrue();

        resources.put(replica("second", null));
        assertThat(workgroup().isGoing())
                .as("one that the record does not name")
                .isTrue();

        resources.put(replica("west", null));
        assertThat(workgroup().held()).isTrue();
        resources.put(leaving(replica("west", null)));
        assertThat(workgroup().held()).isTrue();

        resources.remove(replica("west", null));
        assertThat(workgroup().isGoing()).isTrue();
    }

    /** It stays until the operator is upgraded, so a neighbour's release has to leave what it has. */
    @Test
    void whoStaysBecauseSomethingIsNotUnderstoodIsHeld() {
        resources.put(leaving(releasing("orders", "policyManagement: Observe")));
        assertThat(workgroup().held()).isTrue();
        resources.put(leaving(releasing("orders", "policyManagement: Managed")));
        assertThat(workgroup().isGoing()).as("all is understood").isTrue();

        resources.put(leaving(releasingReplica("west", "policyManagement: Observe")));
        assertThat(replica("west").held()).isTrue();
        resources.put(leaving(releasingReplica("west", "policyManagement: Managed")));
        assertThat(replica("west").isGoing()).isTrue();

        resources.put(releasing("orders", "volumes: gp3"));
        assertThat(replica("west").held()).as("its Workgroup cannot be read").isTrue();
    }

    @Test
    void withoutItsWorkgroupAReplicaCmekUsesThePrimarysKeyOfItsStatus() {
        resources.put(replica("west", PRIMARY.toString()));

        assertThat(replica("west").keys())
                .containsExactly(new KeyUse(Purpose.Data, SECONDARY), new KeyUse(Purpose.Primary, PRIMARY));
        assertThat(index.requestsOn(PRIMARY)).hasSize(1);
        assertThat(index.requestsOn(SECONDARY)).hasSize(1);

        resources.put(workgroup(OTHER, null, "orders"));
        assertThat(index.requestsOn(PRIMARY))
                .as("its Workgroup has another key")
                .isEmpty();
        assertThat(index.requestsOn(OTHER)).hasSize(2);
    }

    @Test
    void aStatusThatSomebodyEditedNamesNoKey() {
        resources.put(replica("west", "no ARN"));

        assertThat(replica("west").keys()).containsExactly(new KeyUse(Purpose.Data, SECONDARY));
    }

    @Test
    void aStatusIsReadForWhatWasLastApplied() {
        resources.put(with(applied(1L, "True", "Enabled"), workgroup(PRIMARY, null)));

        assertThat(index.lastApplied("uid-orders"))
                .isEqualTo(new LastApplied(
                        Map.of(PRIMARY, List.of(STATEMENTS)),
                        Map.of("orders-data", new Encryption("aws:kms", PRIMARY.toString(), true, List.of())),
                        true));
        assertThat(index.appliedAccess(PRIMARY, MERGE::given)).isEqualTo(MERGE.given(STATEMENTS));
    }

    /** It can be used then, and the statements are there as before. */
    @Test
    void alsoWhileThePrimaryRegionOfAKeyIsBeingChanged() {
        resources.put(with(applied(1L, "True", "Updating"), workgroup(PRIMARY, null)));

        assertThat(index.lastApplied("uid-orders").statements()).containsEntry(PRIMARY, List.of(STATEMENTS));
    }

    @Test
    void aStatusOfAnotherSpecSaysNothing() {
        resources.put(with(applied(0L, "True", "Enabled"), workgroup(PRIMARY, null)));
        assertThat(index.lastApplied("uid-orders")).isEqualTo(LastApplied.NOTHING);

        resources.put(workgroup(PRIMARY, null));
        assertThat(index.lastApplied("uid-orders")).isEqualTo(LastApplied.NOTHING);
    }

    /** What others gave and take away again is theirs. */
    @Test
    void aPolicyWasInPlaceOnlyWhereTheOperatorWroteIt() {
        resources.put(with(applied(1L, "False", "Enabled"), workgroup(PRIMARY, null)));
        assertThat(index.lastApplied("uid-orders").statements()).isEmpty();

        resources.put(with(applied(1L, "True", "Disabled"), workgroup(PRIMARY, null)));
        assertThat(index.lastApplied("uid-orders").statements()).containsEntry(PRIMARY, List.of());

        Workgroup published = workgroup(PRIMARY, null);
        WorkgroupSpec spec = published.getSpec();
        published.setSpec(new WorkgroupSpec(
                spec.region(), spec.cmek(), spec.buckets(), null, "Publish", null, spec.replication()));
        resources.put(with(applied(1L, "True", "Enabled"), published));
        assertThat(index.lastApplied("uid-orders").statements()).isEmpty();
        assertThat(index.lastApplied("uid-orders").buckets()).isNotEmpty();
    }

    @Test
    void whatSomebodyWroteIntoTheStatusDoesNoHarm() {
        resources.put(with(
                new WorkgroupStatus(
                        1L,
                        EncryptionState.ENABLED,
                        List.of(
                                new KeyStatus(Purpose.Data, "no ARN", KeyEncryptionState.ENABLED, "Enabled", null, "{"),
                                new KeyStatus(
                                        Purpose.Backup,
                                        PRIMARY.toString(),
                                        KeyEncryptionState.ENABLED,
                                        "Enabled",
                                        null,
                                        "]}")),
                        List.of(
                                new BucketStatus(Purpose.Data, "twice", "aws:kms", "first", null),
                                new BucketStatus(Purpose.Backup, "twice", "aws:kms", "second", true)),
                        null,
                        null,
                        null,
                        applied(1L, "True", "Enabled").conditions()),
                workgroup(PRIMARY, null)));

        assertThat(index.lastApplied("uid-orders").buckets())
                .containsOnly(Map.entry("twice", new Encryption("aws:kms", "first", false, List.of())));
        assertThat(index.appliedAccess(PRIMARY, MERGE::given)).isEqualTo(AccessRequirements.NONE);
    }

    /** The statements on a shared key suggest what others need, too, and that may never have been there. */
    @Test
    void whatIsSuggestedForOthersWasNotInPlaceByThat() {
        resources.put(with(
                applied(
                        1L,
                        "True",
                        "Enabled",
                        MERGE.suggestion(MERGE.given(STATEMENTS)
                                .plus(AccessRequirements.of(
                                        StatementKind.DATA_USE, List.of("arn:aws:iam::111122223333:role/another"))))),
                workgroup(PRIMARY, null)));

        assertThat(index.appliedAccess(PRIMARY, MERGE::given)).isEqualTo(MERGE.given(STATEMENTS));
    }

    @Test
    void anOlderVersionIsNoNews() {
        resources.put(version("7", workgroup(OTHER, null)));

        assertThat(resources.put(version("6", workgroup(PRIMARY, null))).isEmpty())
                .isTrue();
        assertThat(resources.put(version("7", workgroup(PRIMARY, null))).isEmpty())
                .as("nor is the same again")
                .isTrue();
        assertThat(workgroup().uses(OTHER)).isTrue();

        Changes changes = resources.put(version("10", workgroup(PRIMARY, null)));
        assertThat(changes.keys()).containsExactly(PRIMARY, OTHER);
        assertThat(workgroup().uses(PRIMARY)).isTrue();
    }

    /** As a watch that had broken tells it: that the first one was deleted is never said. */
    @Test
    void oneOfTheSameNameIsAnother() {
        resources.put(version("7", workgroup(PRIMARY, null)));
        Changes changes = resources.put(version("9", again(workgroup(OTHER, null))));

        assertThat(index.find("uid-orders")).isEmpty();
        assertThat(index.find("uid-orders-again")).isPresent();
        assertThat(changes.keys()).containsExactly(PRIMARY, OTHER);
        assertThat(changes.resources()).containsExactly(ORDERS);

        assertThat(resources.remove(version("8", workgroup(PRIMARY, null))).isEmpty())
                .as("that the first one is gone is reported late")
                .isTrue();
        assertThat(resources.find(ORDERS)).isPresent();
    }

    /** Whoever listed the resources before it was deleted and created again tells of it after. */
    @Test
    void oneThatIsGoneDoesNotReplaceItsSuccessor() {
        resources.put(version("9", again(workgroup(OTHER, null))));

        assertThat(resources.put(version("7", workgroup(PRIMARY, null))).isEmpty())
                .isTrue();
        resources.remove(version("7", workgroup(PRIMARY, null)));

        assertThat(index.find("uid-orders-again")).isPresent();
        assertThat(index.find("uid-orders")).isEmpty();
        assertThat(resources.find(ORDERS)).isPresent();
    }

    @Test
    void whatIsGoneIsForgotten() {
        resources.put(workgroup(PRIMARY, "west", "orders"));
        resources.put(replica("west", PRIMARY.toString()));

        assertThat(resources.remove(replica("west", null)).resources()).contains(ORDERS, WEST);
        assertThat(resources.replicasOf(workgroup(PRIMARY, null))).isEmpty();
        assertThat(resources.remove(workgroup(PRIMARY, null)).resources()).containsExactly(ORDERS);
        assertThat(resources.remove(workgroup(PRIMARY, null)).isEmpty()).isTrue();
        assertThat(resources.all()).isEmpty();
        assertThat(index.keys()).isEmpty();
        assertThat(index.buckets()).isEmpty();
    }

    @Test
    void aWorkgroupAndItsReplicaCmekAreJudgedTogether() {
        resources.put(replica("west", null));
        assertThat(index.judge(replica("west")).reason()).isEqualTo(Reason.WorkgroupNotFound);

        Changes came = resources.put(workgroup(PRIMARY, "west", "orders"));
        assertThat(came.resources()).containsExactly(WEST, ORDERS);
        assertThat(index.judge(replica("west")).isTrue()).isTrue();
        assertThat(came.keys()).as("it has a use of the primary's key now").containsExactly(PRIMARY, SECONDARY);

        Changes ready = resources.put(replica("west", PRIMARY.toString()));
        assertThat(ready.resources()).as("its status says something new").containsExactly(WEST, ORDERS);

        Changes gone = resources.remove(workgroup(PRIMARY, null));
        assertThat(gone.resources()).containsExactly(WEST, ORDERS);
        assertThat(index.judge(replica("west")).reason()).isEqualTo(Reason.WorkgroupNotFound);
    }

    @Test
    void oneOfAnotherNamespaceIsNotIts() {
        Workgroup elsewhere = workgroup(PRIMARY, "west", "orders");
        elsewhere.getMetadata().setNamespace("elsewhere");
        elsewhere.getMetadata().setUid("uid-elsewhere");
        resources.put(elsewhere);
        resources.put(replica("west", null));

        assertThat(resources.workgroupNamedBy(replica("west", null))).isEmpty();
        assertThat(resources.replicasOf(elsewhere)).isEmpty();
        assertThat(index.judge(replica("west")).reason()).isEqualTo(Reason.WorkgroupNotFound);
    }

    /** A new version whose content is the same is no news, for whoever writes labels every minute. */
    @Test
    void aVersionThatSaysNothingNewHasNobodyJudged() {
        resources.put(version("1", workgroup(PRIMARY, null)));
        Workgroup labelled = version("2", workgroup(PRIMARY, null));
        labelled.getMetadata().setLabels(Map.of("minute", "17"));

        assertThat(resources.put(labelled).isEmpty()).isTrue();
        assertThat(resources.find(ORDERS)).contains(labelled);
    }

    @Test
    void aNewGenerationStatusFinalizerOrDeletionHasItJudged() {
        resources.put(version("1", workgroup(PRIMARY, null)));
        Workgroup edited = version("2", workgroup(PRIMARY, null));
        edited.getMetadata().setGeneration(2L);
        assertThat(resources.put(edited).resources()).containsExactly(ORDERS);
        edited = version("3", with(applied(2L, "True", "Enabled"), workgroup(PRIMARY, null)));
        edited.getMetadata().setGeneration(2L);
        assertThat(resources.put(edited).resources()).containsExactly(ORDERS);
        Workgroup guarded = version("4", guarded(with(applied(2L, "True", "Enabled"), workgroup(PRIMARY, null))));
        guarded.getMetadata().setGeneration(2L);
        assertThat(resources.put(guarded).resources()).containsExactly(ORDERS);
        assertThat(resources
                        .put(version("5", leaving(guarded(workgroup(PRIMARY, null)))))
                        .resources())
                .containsExactly(ORDERS);
    }

    /** Without it nothing would be taken back. */
    @Test
    void nothingIsWrittenForWhatHasNoFinalizer() {
        resources.put(workgroup(PRIMARY, null));
        assertThat(index.onKey(PRIMARY).required().isEmpty()).isTrue();

        assertThat(resources.put(guarded(workgroup(PRIMARY, null))).keys()).containsExactly(PRIMARY);
        assertThat(index.onKey(PRIMARY).required()).isEqualTo(MERGE.given(STATEMENTS));
    }

    /** What nobody can read may need whatever its text names. */
    @Test
    void whatCannotBeReadNamesItsKeysAndAsksForNothing() {
        resources.put(workgroup(PRIMARY, null));
        Changes changes = resources.put(unreadableWorkgroup());

        assertThat(changes.keys()).containsExactly(PRIMARY);
        assertThat(index.find("uid-orders")).isEmpty();
        assertThat(index.unreadable()).isEqualTo(1);
        assertThat(index.mayBeNeededByUnreadable(PRIMARY)).isTrue();
        assertThat(index.mayBeNeededByUnreadable(OTHER)).isFalse();

        resources.put(workgroup(PRIMARY, null));
        assertThat(index.unreadable()).isZero();
        resources.put(unreadableWorkgroup());
        resources.remove(unreadableWorkgroup());
        assertThat(index.unreadable()).isZero();
    }

    @Test
    void aReplicaCmekOfAWorkgroupThatCannotBeReadWaits() {
        resources.put(replica("west", null));
        Changes changes = resources.put(unreadableWorkgroup());

        assertThat(changes.resources()).contains(WEST);
        assertThat(index.judge(replica("west")).reason()).isEqualTo(Reason.Pending);
    }

    /** Its Workgroup is reported, and is judged as if it were not there. */
    @Test
    void aReplicaCmekThatCannotBeReadAnyMoreIsNoneOfItsWorkgroup() {
        resources.put(workgroup(PRIMARY, "west", "orders"));
        resources.put(replica("west", null));

        Changes changes = resources.put(unreadableReplica("west"));
        assertThat(changes.resources()).contains(ORDERS);
        assertThat(resources.replicasOf(workgroup(PRIMARY, null))).isEmpty();

        resources.put(leaving(workgroup(PRIMARY, "west", "orders")));
        assertThat(workgroup().isGoing()).isTrue();

        assertThat(resources.put(replica("west", null)).resources()).contains(ORDERS);
        assertThat(workgroup().held()).isTrue();
    }

    /** The API server does not let anybody change the name; but a CRD can be replaced, and a backup restored. */
    @Test
    void aReplicaCmekThatNamesAnotherWorkgroupLeavesTheFirst() {
        resources.put(workgroup(PRIMARY, "west", "orders"));
        resources.put(replica("west", null));
        ReplicaCmek moved = replica("west", null);
        ReplicaCmekSpec spec = moved.getSpec();
        moved.setSpec(new ReplicaCmekSpec(
                new WorkgroupRef("billing"),
                spec.region(),
                spec.dataBucketKeyID(),
                null,
                spec.buckets(),
                null,
                null,
                null));
        moved.getMetadata().setGeneration(2L);

        assertThat(resources.put(moved).resources()).contains(ORDERS, WEST);
        assertThat(resources.replicasOf(workgroup(PRIMARY, null))).isEmpty();
        resources.remove(moved);
        assertThat(resources.replicasOf(workgroup(PRIMARY, null))).isEmpty();
    }

    /** What is not known yet is not absent. */
    @Test
    void allIsKnownWhenBothKindsHaveBeenPut() {
        assertThat(resources.isSynced()).isFalse();
        resources.synced("Workgroup");
        assertThat(resources.isSynced()).isFalse();
        resources.synced("ReplicaCmek");
        assertThat(resources.isSynced()).isTrue();
    }

    /** Whether a Workgroup of another shard replicates under it, this one does not know. */
    @Test
    void aReplicaCmekWhoseWorkgroupIsOfAnotherShardIsNotServed() {
        var shard = new Resources(
                new RequestIndex(index.authorization()),
                Optional.empty(),
                new ResourceSelector(Optional.of("shard=one")));
        EncryptionRequest request =
                shard.requestOf(replica("west", null), Optional.of(workgroup(PRIMARY, "west", "orders")));

        assertThat(request.eligibility().reason()).isEqualTo(Reason.WorkgroupNotFound);
    }

    private static WorkgroupStatus applied(long observed, String applied, String keyState) {
        return applied(observed, applied, keyState, STATEMENTS);
    }

    private static WorkgroupStatus applied(long observed, String applied, String keyState, String statements) {
        return new WorkgroupStatus(
                observed,
                EncryptionState.ENABLED,
                List.of(new KeyStatus(
                        Purpose.Data, PRIMARY.toString(), KeyEncryptionState.ENABLED, keyState, false, statements)),
                List.of(new BucketStatus(Purpose.Data, "orders-data", "aws:kms", PRIMARY.toString(), true)),
                "cmek-team-orders",
                null,
                null,
                List.of(new Condition("PolicyApplied", applied, "Any", "Any.", observed, "2026-03-01T10:00:00Z")));
    }

    private static Workgroup with(WorkgroupStatus status, Workgroup workgroup) {
        workgroup.setStatus(status);
        return workgroup;
    }

    private EncryptionRequest workgroup() {
        return index.find("uid-orders").orElseThrow();
    }

    private EncryptionRequest replica(String name) {
        return index.find("uid-" + name).orElseThrow();
    }

    /** @param holder the ReplicaCmek that the record of the secondary region names, null where there is no record */
    private static Workgroup workgroup(KeyArn key, @Nullable String holder, String... databases) {
        var workgroup = new Workgroup();
        name(workgroup, "orders");
        workgroup.setSpec(new WorkgroupSpec(
                "us-east-1",
                new Cmek(key.toString(), null),
                new Buckets("orders-data", null, null),
                null,
                null,
                null,
                new Replication("us-west-2", List.of(databases))));
        if (holder != null) {
            workgroup.setStatus(new WorkgroupStatus(
                    1L,
                    EncryptionState.ENABLED,
                    List.of(),
                    List.of(),
                    null,
                    new ReplicationStatus(
                            "us-west-2",
                            List.of(databases),
                            List.of(),
                            new SecondaryCmek(holder, SECONDARY.toString(), null, "2026-03-01T00:00:00Z")),
                    null,
                    List.of()));
        }
        return workgroup;
    }

    /** @param more of the spec */
    private static Workgroup releasing(String name, String more) {
        Workgroup workgroup = SERIALIZATION.unmarshal("""
                metadata: {generation: 1}
                spec: {region: us-east-1, cmek: {dataBucketKeyID: "%s"}, buckets: {data: orders-data}, deletionPolicy: Release, %s}
                """.formatted(PRIMARY, more), Workgroup.class);
        name(workgroup, name);
        return workgroup;
    }

    /** @param more of the spec */
    private static ReplicaCmek releasingReplica(String name, String more) {
        ReplicaCmek replica = SERIALIZATION.unmarshal("""
                metadata: {generation: 1}
                spec: {workgroupRef: {name: orders}, region: us-west-2, dataBucketKeyID: "%s", buckets: {data: west},
                  deletionPolicy: Release, %s}
                """.formatted(SECONDARY, more), ReplicaCmek.class);
        name(replica, name);
        return replica;
    }

    /** @param primary what its status calls the primary's key, null where it has no status */
    private static ReplicaCmek replica(String name, @Nullable String primary) {
        var replica = new ReplicaCmek();
        name(replica, name);
        replica.setSpec(new ReplicaCmekSpec(
                new WorkgroupRef("orders"),
                "us-west-2",
                SECONDARY.toString(),
                null,
                new Buckets("west", null, null),
                null,
                null,
                null));
        if (primary != null) {
            replica.setStatus(new ReplicaCmekStatus(
                    1L,
                    EncryptionState.ENABLED,
                    List.of(new KeyStatus(
                            Purpose.Primary, primary, KeyEncryptionState.ENABLED, "Enabled", false, "{}")),
                    List.of(),
                    null,
                    null,
                    List.of()));
        }
        return replica;
    }

    private static <R extends HasMetadata> R leaving(R resource) {
        resource.getMetadata().setDeletionTimestamp("2026-03-02T00:00:00Z");
        return resource;
    }

    private static void name(HasMetadata resource, String name) {
        resource.setMetadata(new ObjectMetaBuilder()
                .withNamespace("team")
                .withName(name)
                .withUid("uid-" + name)
                .withGeneration(1L)
                .withCreationTimestamp("2026-03-01T00:00:00Z")
                .build());
    }

    private static <R extends HasMetadata> R version(String version, R resource) {
        resource.getMetadata().setResourceVersion(version);
        return resource;
    }

    private static <R extends HasMetadata> R again(R resource) {
        resource.getMetadata().setUid(resource.getMetadata().getUid() + "-again");
        return resource;
    }

    private static <R extends HasMetadata> R guarded(R resource) {
        resource.getMetadata().setFinalizers(List.of(ClusterApi.FINALIZER));
        return resource;
    }

    /** Stored by a newer version, which gave a field another form. */
    private static Workgroup unreadableWorkgroup() {
        return releasing("orders", "volumes: gp3");
    }

    private static ReplicaCmek unreadableReplica(String name) {
        return releasingReplica(name, "volumes: gp3");
    }
}
