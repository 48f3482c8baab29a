package io.cmek.operator.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
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
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.KeyUse;
import io.cmek.operator.key.KeyArn;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who of those that are on their way out is held, and what is known of a ReplicaCmek whose Workgroup is missing. */
class LiveClaimsTest {

    private static final KeyArn PRIMARY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/11111111-12ab-34cd-56ef-1234567890ab");
    private static final KeyArn OTHER =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/33333333-12ab-34cd-56ef-1234567890ab");
    private static final KeyArn SECONDARY =
            KeyArn.parse("arn:aws:kms:us-west-2:111122223333:key/22222222-12ab-34cd-56ef-1234567890ab");

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private final CacheOf<Workgroup> workgroups = new CacheOf<>();
    private final CacheOf<ReplicaCmek> replicas = new CacheOf<>();
    private final LiveClaims claims = new LiveClaims(Optional.empty(), Shard.ALL);

    {
        claims.addWorkgroups(workgroups, new SimpleInboundEventSource<>("workgroups"));
        claims.addReplicas(replicas, new SimpleInboundEventSource<>("replicas"));
    }

    @Test
    void aReplicaCmekThatIsDeletedIsHeldWhileItsWorkgroupReplicates() {
        workgroups.put(workgroup(PRIMARY, "west", "orders"));
        replicas.put(leaving(replica("west", null)));
        assertThat(replica("west").held()).isTrue();
        assertThat(replica("west").isGoing()).isFalse();

        workgroups.put(workgroup(PRIMARY, "west"));
        assertThat(replica("west").isGoing()).as("nothing replicates").isTrue();

        workgroups.put(leaving(workgroup(PRIMARY, "west", "orders")));
        assertThat(replica("west").isGoing()).as("the Workgroup goes, too").isTrue();

        workgroups.put(workgroup(PRIMARY, "another", "orders"));
        assertThat(replica("west").isGoing())
                .as("another holds the secondary region")
                .isTrue();
    }

    /** It is left as it is until the record is there again, and then it may be held. */
    @Test
    void aReplicaCmekIsHeldWhileTheLostRecordIsRebuiltFromIt() {
        workgroups.put(workgroup(PRIMARY, null, "orders"));
        replicas.put(leaving(replica("west", PRIMARY.toString())));

        assertThat(replica("west").held()).isTrue();
    }

    @Test
    void aWorkgroupThatIsDeletedIsHeldByItsReplicaCmekAlone() {
        workgroups.put(leaving(workgroup(PRIMARY, "west", "orders")));
        assertThat(workgroup().isGoing()).as("there is no ReplicaCmek").isTrue();

        replicas.put(replica("second", null));
        assertThat(workgroup().isGoing())
                .as("one that the record does not name")
                .isTrue();

        replicas.put(replica("west", null));
        assertThat(workgroup().held()).isTrue();
        replicas.put(leaving(replica("west", null)));
        assertThat(workgroup().held()).isTrue();

        replicas.remove("west");
        assertThat(workgroup().isGoing()).isTrue();
    }

    /** It stays until the operator is upgraded, so a neighbour's release has to leave what it has. */
    @Test
    void whoStaysBecauseSomethingIsNotUnderstoodIsHeld() {
        workgroups.put(leaving(releasing("orders", "policyManagement: Observe")));
        assertThat(workgroup().held()).isTrue();
        workgroups.put(leaving(releasing("orders", "policyManagement: Managed")));
        assertThat(workgroup().isGoing()).as("all is understood").isTrue();

        replicas.put(leaving(releasingReplica("west", "policyManagement: Observe")));
        assertThat(replica("west").held()).isTrue();
        replicas.put(leaving(releasingReplica("west", "policyManagement: Managed")));
        assertThat(replica("west").isGoing()).isTrue();

        workgroups.put(releasing("orders", "volumes: gp3"));
        assertThat(replica("west").held()).as("its Workgroup cannot be read").isTrue();
    }

    @Test
    void withoutItsWorkgroupAReplicaCmekUsesThePrimarysKeyAsItsStatusTells() {
        replicas.put(replica("west", PRIMARY.toString()));

        assertThat(replica("west").keys())
                .containsExactly(new KeyUse(Purpose.Data, SECONDARY), new KeyUse(Purpose.Primary, PRIMARY));
        assertThat(claims.onKey(PRIMARY)).hasSize(1);
        assertThat(claims.onKey(SECONDARY)).hasSize(1);

        workgroups.put(workgroup(OTHER, null, "orders"));
        assertThat(claims.onKey(PRIMARY)).as("its Workgroup has another key").isEmpty();
        assertThat(claims.onKey(OTHER)).hasSize(2);
    }

    @Test
    void aStatusThatSomebodyEditedNamesNoKey() {
        replicas.put(replica("west", "no ARN"));

        assertThat(replica("west").keys()).containsExactly(new KeyUse(Purpose.Data, SECONDARY));
    }

    @Test
    void aKeyIsSharedByTwoWhoUseIt() {
        workgroups.put(workgroup(PRIMARY, null, "orders"));
        assertThat(claims.isShared(PRIMARY)).isFalse();

        replicas.put(replica("west", null));
        assertThat(claims.isShared(PRIMARY))
                .as("by a Workgroup and its ReplicaCmek")
                .isTrue();
        assertThat(claims.isShared(SECONDARY)).isFalse();
    }

    private Claim workgroup() {
        return claims.claimOf(workgroups.get(new ResourceID("orders", "team")).orElseThrow());
    }

    private Claim replica(String name) {
        return claims.claimOf(replicas.get(new ResourceID(name, "team")).orElseThrow());
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
                    List.of(new KeyStatus(Purpose.Primary, primary, KeyLineState.ENABLED, "Enabled", false, "{}")),
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

    /** As an informer keeps it: what an index says of a resource, it says of that resource alone. */
    private static final class CacheOf<R extends HasMetadata> implements IndexerResourceCache<R> {

        private final Map<ResourceID, R> resources = new HashMap<>();
        private final Map<String, Function<R, List<String>>> indexers = new HashMap<>();

        void put(R resource) {
            resources.put(ResourceID.fromResource(resource), resource);
        }

        void remove(String name) {
            resources.remove(new ResourceID(name, "team"));
        }

        @Override
        public void addIndexers(Map<String, Function<R, List<String>>> more) {
            indexers.putAll(more);
        }

        @Override
        public List<R> byIndex(String index, String value) {
            return list(r -> indexers.get(index).apply(r).contains(value)).toList();
        }

        @Override
        public Optional<R> get(ResourceID id) {
            return Optional.ofNullable(resources.get(id));
        }

        @Override
        public Stream<ResourceID> keys() {
            return resources.keySet().stream();
        }

        @Override
        public Stream<R> list(Predicate<R> which) {
            return resources.values().stream().filter(which);
        }

        @Override
        public Stream<R> list(String namespace, Predicate<R> which) {
            return list(which).filter(r -> r.getMetadata().getNamespace().equals(namespace));
        }
    }
}
