package io.cmek.operator.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.DeletionPolicy;
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
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.BucketRequests;
import io.cmek.operator.index.Changes;
import io.cmek.operator.index.KeyRequests;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Whatever Workgroups and ReplicaCmeks come, change and go, and in whatever order the informers tell it: what follows is what would follow from
 * those that exist, had they all been put at once; all that is different is reported; and the policies of keys are safe.
 */
class ResourcesPropertyTest {

    private static final PolicyMerge MERGE = new PolicyMerge("default");
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    private static final List<String> NAMESPACES = List.of("n0", "n0", "n0", "n1", "n2");
    private static final List<String> WORKGROUPS = List.of("orders", "billing");
    private static final List<String> REPLICAS = List.of("west", "second");
    private static final List<String> BUCKETS = List.of("bucket-0", "bucket-1", "bucket-2", "bucket-3");

    private static final List<KeyArn> EAST = keys("us-east-1");
    private static final List<KeyArn> WEST = keys("us-west-2");
    private static final List<KeyArn> KEYS =
            Stream.of(EAST, WEST).flatMap(List::stream).toList();

    private static List<KeyArn> keys(String region) {
        return Stream.of("mrk-1234abcd12ab34cd56ef1234567890ab", "1234abcd-12ab-34cd-56ef-1234567890ab")
                .map(id -> KeyArn.parse("arn:aws:kms:" + region + ":111122223333:key/" + id))
                .toList();
    }

    private static final Tenants TENANTS = new Tenants(List.of(
            tenant("t0", "n0", "arn:aws:kms:*:111122223333:key/*"),
            tenant("t1", "n1", "arn:aws:kms:us-east-1:111122223333:key/*")));

    private static Tenant tenant(String name, String namespace, String keys) {
        return new Tenant(
                name,
                List.of(new Glob(namespace)),
                List.of(new Glob(keys)),
                List.of(new Glob("*")),
                CredentialScope.OWN,
                new Tenant.Principals(
                        new TreeSet<>(List.of(role(name, "data"))),
                        new TreeSet<>(List.of(role(name, "backup"))),
                        new TreeSet<>(List.of(role(name, "replication")))),
                null);
    }

    private static String role(String tenant, String purpose) {
        return "arn:aws:iam::111122223333:role/" + tenant + "-" + purpose;
    }

    /** What the index and the resources answer, as far as somebody acts on it. */
    private record Answers(
            Map<KeyArn, KeyRequests> keys,
            Map<KeyArn, Boolean> needed,
            Map<String, BucketRequests> buckets,
            Map<ResourceRef, EncryptionRequest> requests,
            Map<ResourceRef, ConditionResult> accepted,
            Map<ResourceRef, LastApplied> applied,
            Map<ResourceRef, List<ResourceRef>> related,
            int unreadable) {

        static Answers of(Resources resources) {
            RequestIndex index = resources.index();
            var keys = new HashMap<KeyArn, KeyRequests>();
            var needed = new HashMap<KeyArn, Boolean>();
            KEYS.forEach(key -> {
                keys.put(key, index.onKey(key));
                needed.put(key, index.mayBeNeededByUnreadable(key));
            });
            var buckets = new HashMap<String, BucketRequests>();
            BUCKETS.forEach(bucket -> buckets.put(bucket, index.onBucket(bucket)));
            var requests = new TreeMap<ResourceRef, EncryptionRequest>();
            var accepted = new TreeMap<ResourceRef, ConditionResult>();
            var applied = new TreeMap<ResourceRef, LastApplied>();
            var related = new TreeMap<ResourceRef, List<ResourceRef>>();
            for (StoredResource resource : resources.all()) {
                ResourceRef id = Resources.idOf(resource);
                String uid = resource.getMetadata().getUid();
                index.find(uid).ifPresent(request -> {
                    requests.put(id, request);
                    accepted.put(id, index.judge(request));
                    applied.put(id, index.lastApplied(uid));
                    assertThat(resources.requestOf(resource)).isEqualTo(request);
                });
                assertThat(index.find(uid).isPresent()).isEqualTo(NotUnderstood.isReadable(resource));
                related.put(
                        id,
                        switch (resource) {
                            case Workgroup workgroup ->
                                resources.replicasOf(workgroup).stream()
                                        .map(Resources::idOf)
                                        .toList();
                            case ReplicaCmek replica ->
                                NotUnderstood.isReadable(replica)
                                        ? resources.workgroupNamedBy(replica).stream()
                                                .map(Resources::idOf)
                                                .toList()
                                        : List.of();
                        });
            }
            return new Answers(keys, needed, buckets, requests, accepted, applied, related, index.unreadable());
        }
    }

    private static final class World {

        final Random random;
        final Resources resources = empty();
        final TreeMap<ResourceRef, StoredResource> living = new TreeMap<>();

        /** What an informer may tell late. */
        final List<StoredResource> past = new ArrayList<>();

        private int version = 1;

        World(Random random) {
            this.random = random;
        }

        static Resources empty() {
            return new Resources(new RequestIndex(new Authorization(TENANTS)), Optional.empty(), ResourceSelector.ALL);
        }

        /** Those that exist, in another order. */
        Resources anew() {
            var shuffled = new ArrayList<>(living.values());
            Collections.shuffle(shuffled, random);
            Resources anew = empty();
            shuffled.forEach(anew::put);
            return anew;
        }

        Changes step() {
            StoredResource old = past.isEmpty() ? null : one(past);
            return switch (random.nextInt(8)) {
                case 0 -> {
                    if (living.isEmpty()) {
                        yield put(made(id()));
                    }
                    StoredResource gone = one(List.copyOf(living.values()));
                    living.remove(Resources.idOf(gone));
                    past.add(gone);
                    yield resources.remove(gone);
                }
                // A deletion is reported late, of one that has a successor.
                case 1 ->
                    old != null && !isAlive(old) && living.containsKey(Resources.idOf(old))
                            ? resources.remove(old)
                            : put(made(id()));
                // An older version of one that lives, or of its predecessor.
                case 2 -> old != null && living.containsKey(Resources.idOf(old)) ? resources.put(old) : put(made(id()));
                default -> put(made(id()));
            };
        }

        private boolean isAlive(StoredResource resource) {
            StoredResource now = living.get(Resources.idOf(resource));
            return now != null
                    && now.getMetadata().getUid().equals(resource.getMetadata().getUid());
        }

        private Changes put(StoredResource resource) {
            StoredResource before = living.put(Resources.idOf(resource), resource);
            if (before != null) {
                past.add(before);
            }
            return resources.put(resource);
        }

        private ResourceRef id() {
            boolean workgroup = random.nextBoolean();
            return new ResourceRef(
                    workgroup ? "Workgroup" : "ReplicaCmek", one(NAMESPACES), one(workgroup ? WORKGROUPS : REPLICAS));
        }

        /** A new version of the resource of that name, or another one. */
        private StoredResource made(ResourceRef id) {
            StoredResource before = living.get(id);
            StoredResource resource =
                    switch (id.kind()) {
                        case "Workgroup" -> random.nextInt(8) == 0 ? unreadableWorkgroup() : workgroup();
                        default -> random.nextInt(8) == 0 ? unreadableReplica() : replica();
                    };
            boolean isAnother = before == null || random.nextInt(6) == 0;
            version++;
            ObjectMeta metadata = new ObjectMetaBuilder()
                    .withNamespace(id.namespace())
                    .withName(id.name())
                    .withUid(isAnother ? "uid-" + version : before.getMetadata().getUid())
                    .withResourceVersion(String.valueOf(version))
                    .withGeneration((long) version)
                    .withCreationTimestamp(
                            isAnother
                                    ? "2026-03-01T00:00:0" + random.nextInt(3) + "Z"
                                    : before.getMetadata().getCreationTimestamp())
                    .withFinalizers(random.nextInt(5) == 0 ? List.of() : List.of(ClusterApi.FINALIZER))
                    .withDeletionTimestamp(random.nextInt(4) == 0 ? "2026-03-02T00:00:00Z" : null)
                    .build();
            resource.setMetadata(metadata);
            return resource;
        }

        private Workgroup workgroup() {
            var workgroup = new Workgroup();
            boolean hasCmek = random.nextInt(8) > 0;
            String data = one(EAST).toString();
            String backup = random.nextBoolean() ? one(EAST).toString() : null;
            List<String> databases = one(List.of(List.of(), List.of("orders"), List.of("orders", "more")));
            workgroup.setSpec(new WorkgroupSpec(
                    "us-east-1",
                    hasCmek ? new Cmek(data, backup) : null,
                    hasCmek ? new Buckets(one(BUCKETS), backup == null ? null : one(BUCKETS), null) : null,
                    null,
                    management(),
                    deletion(),
                    random.nextInt(3) == 0
                            ? null
                            : new Replication(one(List.of("us-west-2", "us-west-2", "eu-west-1")), databases)));
            if (random.nextInt(4) > 0) {
                SecondaryCmek record = random.nextInt(3) == 0
                        ? null
                        : new SecondaryCmek(one(REPLICAS), one(WEST).toString(), null, "2026-03-01T00:00:00Z");
                workgroup.setStatus(new WorkgroupStatus(
                        observed(),
                        one(List.of(EncryptionState.values())),
                        lines(Purpose.Data, data),
                        buckets(data),
                        null,
                        new ReplicationStatus("us-west-2", databases, List.of(), record),
                        null,
                        conditions()));
            }
            return workgroup;
        }

        private ReplicaCmek replica() {
            var replica = new ReplicaCmek();
            String data = one(WEST).toString();
            replica.setSpec(new ReplicaCmekSpec(
                    new WorkgroupRef(one(WORKGROUPS)),
                    "us-west-2",
                    data,
                    null,
                    new Buckets(one(BUCKETS), null, null),
                    null,
                    management(),
                    deletion()));
            if (random.nextInt(4) > 0) {
                var lines = new ArrayList<>(lines(Purpose.Data, data));
                if (random.nextBoolean()) {
                    lines.addAll(lines(Purpose.Primary, one(List.of(one(EAST).toString(), "no ARN"))));
                }
                replica.setStatus(new ReplicaCmekStatus(
                        observed(),
                        one(List.of(EncryptionState.values())),
                        lines,
                        buckets(data),
                        null,
                        null,
                        conditions()));
            }
            return replica;
        }

        private Workgroup unreadableWorkgroup() {
            return SERIALIZATION.unmarshal("""
                    spec: {region: us-east-1, cmek: {dataBucketKeyID: "%s"}, volumes: gp3}
                    """.formatted(one(EAST)), Workgroup.class);
        }

        private ReplicaCmek unreadableReplica() {
            return SERIALIZATION.unmarshal(
                    """
                    spec: {workgroupRef: {name: orders}, region: us-west-2, dataBucketKeyID: "%s", volumes: gp3}
                    status: {encryption: %s}
                    """.formatted(one(WEST), one(List.of(EncryptionState.values()))), ReplicaCmek.class);
        }

        private String management() {
            return random.nextInt(12) == 0 ? "Observe" : one(List.of("Managed", "Managed", "Publish"));
        }

        private String deletion() {
            return random.nextInt(12) == 0 ? "Archive" : one(List.of("Retain", "Release", "Release"));
        }

        /** Of this generation, or not. */
        private long observed() {
            return version + random.nextInt(2);
        }

        private List<KeyStatus> lines(Purpose purpose, String key) {
            String tenant = one(List.of("t0", "t1"));
            return List.of(new KeyStatus(
                    purpose,
                    key,
                    one(List.of(KeyEncryptionState.values())),
                    one(List.of("Enabled", "Disabled", "")),
                    false,
                    MERGE.suggestion(AccessRequirements.of(StatementKind.DATA_USE, List.of(role(tenant, "data")))
                            .plus(AccessRequirements.of(
                                    StatementKind.REPLICATION_USE, List.of(role(tenant, "replication")))))));
        }

        private List<BucketStatus> buckets(String key) {
            return random.nextBoolean()
                    ? List.of()
                    : List.of(new BucketStatus(Purpose.Data, one(BUCKETS), "aws:kms", key, true));
        }

        private List<Condition> conditions() {
            return Stream.of("Accepted", "PolicyApplied", "Ready")
                    .map(type -> new Condition(
                            type, one(List.of("True", "False", "Unknown")), type, "Any.", 1L, "2026-03-01T00:00:00Z"))
                    .toList();
        }

        private <T> T one(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }
    }

    @Property(tries = 150)
    void theyAreKnownAsIfAllThatExistHadBeenPutAtOnce(@ForAll Random random) {
        var world = new World(random);
        for (int i = 0; i < 25; i++) {
            world.step();
            assertThat(world.resources.all()).containsExactlyElementsOf(world.living.values());
            assertThat(Answers.of(world.resources)).isEqualTo(Answers.of(world.anew()));
        }
    }

    @Property(tries = 150)
    void allThatIsDifferentIsReported(@ForAll Random random) {
        var world = new World(random);
        for (int i = 0; i < 25; i++) {
            Answers before = Answers.of(world.resources);
            Changes changes = world.step();
            Answers after = Answers.of(world.resources);

            KEYS.forEach(key -> {
                boolean named = !after.keys().get(key).isEmpty();
                if (!after.keys().get(key).equals(before.keys().get(key))
                        || named
                                && !after.needed()
                                        .get(key)
                                        .equals(before.needed().get(key))) {
                    assertThat(changes.keys()).contains(key);
                }
            });
            BUCKETS.forEach(bucket -> {
                if (!after.buckets().get(bucket).equals(before.buckets().get(bucket))) {
                    assertThat(changes.buckets()).contains(bucket);
                }
            });
            after.related().keySet().forEach(id -> {
                if (!after.related().get(id).equals(before.related().get(id))
                        || !Objects.equals(
                                after.requests().get(id), before.requests().get(id))
                        || !Objects.equals(
                                after.accepted().get(id), before.accepted().get(id))) {
                    assertThat(changes.resources()).as("of %s", id).contains(id);
                }
            });
        }
    }

    @Property(tries = 100)
    void nothingIsKeptOfWhatIsGone(@ForAll Random random) {
        var world = new World(random);
        for (int i = 0; i < 25; i++) {
            world.step();
        }
        var all = new ArrayList<>(world.living.values());
        Collections.shuffle(all, random);
        all.forEach(world.resources::remove);

        assertThat(Answers.of(world.resources)).isEqualTo(Answers.of(World.empty()));
        assertThat(world.resources.index().keys()).isEmpty();
        assertThat(world.resources.index().buckets()).isEmpty();
    }

    @Property(tries = 200)
    void nobodyComesIntoThePolicyOfAKeyThatTheirTenantMayNotUse(@ForAll Random random) {
        RequestIndex index = settled(random).index();
        for (KeyArn key : KEYS) {
            TENANTS.all().stream().filter(t -> !t.mayUse(key)).forEach(stranger -> {
                for (AccessRequirements grants : List.of(index.onKey(key).required(), index.suggestedOn(key))) {
                    for (StatementKind kind : StatementKind.values()) {
                        assertThat(grants.of(kind))
                                .doesNotContainAnyElementsOf(
                                        stranger.principals().of(kind));
                    }
                }
            });
        }
    }

    /** In its spec; or, for the primary's data key, in the spec of its Workgroup, or in its status where that is missing. */
    @Property(tries = 200)
    void whoComesIntoThePolicyOfAKeyNamesItAndHasTheFinalizer(@ForAll Random random) {
        Resources resources = settled(random);
        for (KeyArn key : KEYS) {
            AccessRequirements required = resources.index().onKey(key).required();
            for (StatementKind kind : StatementKind.values()) {
                for (String principal : required.of(kind)) {
                    assertThat(resources.all().stream()
                                    .filter(NotUnderstood::isReadable)
                                    .filter(r -> r.getMetadata().getFinalizers().contains(ClusterApi.FINALIZER)))
                            .as(principal + " by " + kind + " on " + key)
                            .anyMatch(r -> resources.requestOf(r).uses(key)
                                    && TENANTS.of(r.getMetadata().getNamespace()).stream()
                                            .anyMatch(
                                                    t -> t.principals().of(kind).contains(principal)));
                }
            }
        }
    }

    @Property(tries = 400)
    void noReleaseTakesWhatAnotherNeedsThatExists(@ForAll Random random) {
        Resources resources = settled(random);
        RequestIndex index = resources.index();
        for (KeyArn key : KEYS) {
            for (EncryptionRequest leaving : index.onKey(key).releasing()) {
                AccessRequirements taken = taken(index, leaving, key);
                assertThat(taken.and(index.onKey(key).required())).isEqualTo(AccessRequirements.NONE);
                for (StoredResource other : resources.all()) {
                    if (!NotUnderstood.isReadable(other)) {
                        continue;
                    }
                    EncryptionRequest request = resources.requestOf(other);
                    if (request.uid().equals(leaving.uid())
                            || request.isGoing() && request.deletionPolicy() == DeletionPolicy.Release) {
                        continue;
                    }
                    assertThat(taken.and(index.authorization().neededBy(request, key)))
                            .as("%s needs it on %s", request.id(), key)
                            .isEqualTo(AccessRequirements.NONE);
                }
            }
        }
    }

    /** Of what it does not understand, it takes nothing. */
    @Property(tries = 200)
    void nothingIsReleasedForAResourceThatStaysOrIsNotUnderstood(@ForAll Random random) {
        Resources resources = settled(random);
        for (KeyArn key : KEYS) {
            for (EncryptionRequest leaving : resources.index().onKey(key).releasing()) {
                StoredResource resource = resources.find(leaving.id()).orElseThrow();
                assertThat(resource.isMarkedForDeletion()).isTrue();
                assertThat(resource.unknownValues()).isEmpty();
                if (resource instanceof ReplicaCmek replica) {
                    Optional<Workgroup> workgroup = resources.workgroupNamedBy(replica);
                    assertThat(SecondaryRegionState.holds(replica, workgroup)).isEmpty();
                    assertThat(NotUnderstood.holds(replica, workgroup)).isEmpty();
                }
            }
        }
    }

    private static AccessRequirements taken(RequestIndex index, EncryptionRequest leaving, KeyArn key) {
        return index.authorization().requiredFor(leaving, key).minus(index.neededBesides(leaving, key, MERGE::given));
    }

    private static Resources settled(Random random) {
        var world = new World(random);
        for (int i = 0; i < 15; i++) {
            world.step();
        }
        return world.resources;
    }

    /** The properties above would hold in a world in which nothing happens. */
    @Test
    void theseWorldsAreFullOfWhatMatters() {
        var seen = new TreeMap<String, Integer>();
        for (int seed = 0; seed < 300; seed++) {
            var world = new World(new Random(seed));
            for (int i = 0; i < 15; i++) {
                Changes changes = world.step();
                count(seen, "no news", changes.isEmpty());
            }
            RequestIndex index = world.resources.index();
            count(seen, "unreadable", index.unreadable() > 0);
            for (KeyArn key : KEYS) {
                KeyRequests requests = index.onKey(key);
                count(seen, "required", !requests.required().isEmpty());
                requests.releasing().forEach(leaving -> {
                    AccessRequirements taken = taken(index, leaving, key);
                    count(seen, "taken", !taken.isEmpty());
                    count(seen, "spared", !taken.equals(index.authorization().requiredFor(leaving, key)));
                });
            }
            for (StoredResource resource : world.resources.all()) {
                index.find(resource.getMetadata().getUid()).ifPresent(request -> {
                    Reason reason = index.judge(request).reason();
                    count(seen, request.id().kind() + " " + reason, true);
                    count(seen, request.id().kind() + " held", request.held());
                    count(
                            seen,
                            request.id().kind() + " applied",
                            !index.lastApplied(request.uid()).statements().isEmpty());
                });
            }
        }
        assertThat(seen)
                .containsKeys(
                        "no news",
                        "unreadable",
                        "required",
                        "taken",
                        "spared",
                        "Workgroup Accepted",
                        "Workgroup held",
                        "Workgroup applied",
                        "Workgroup BucketClaimedByAnother",
                        "ReplicaCmek Accepted",
                        "ReplicaCmek held",
                        "ReplicaCmek applied",
                        "ReplicaCmek WorkgroupNotFound",
                        "ReplicaCmek KeyNotPermitted",
                        "ReplicaCmek AlreadyConfigured",
                        "ReplicaCmek KeysDifferFromConfigured",
                        "ReplicaCmek Pending");
        assertThat(seen).allSatisfy((what, n) -> assertThat(n).as(what).isGreaterThan(5));
    }

    private static void count(Map<String, Integer> seen, String what, boolean is) {
        if (is) {
            seen.merge(what, 1, Integer::sum);
        }
    }
}
