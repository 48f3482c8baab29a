package io.cmek.operator.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.replication.Gate;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/**
 * Gate and lock over a cluster in which everything happens at any time (R6, R8). Each reconciler sees what its own caches hold, which may be
 * older than what the API server has; a reconciliation is two steps, with anything in between; AWS is the set of keys that was acted upon,
 * and the bucket of the secondary region, which is encrypted with one of them or not yet. The cluster may be lost, AWS is not.
 */
class GateAndLockStateMachineTest {

    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> DATABASES = List.of("orders", "billing");
    private static final List<String> REGIONS = List.of("us-west-2", "eu-west-1");
    /** The third is a slip of the pen: there is no such key. The last one is in the other region. */
    private static final List<String> KEYS = List.of(
            "arn:aws:kms:us-west-2:111122223333:key/11111111-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-west-2:111122223333:key/22222222-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-west-2:111122223333:key/33333333-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:111122223333:key/44444444-12ab-34cd-56ef-1234567890ab");

    /** What may happen next. Those of the controller come several times, so that it gets somewhere. */
    enum Kind {
        CREATE_WORKGROUP,
        DELETE_WORKGROUP,
        CREATE_REPLICA,
        DELETE_REPLICA,
        ADD_DATABASE,
        REMOVE_DATABASE,
        SET_REGION,
        REMOVE_REPLICATION,
        EDIT_WORKGROUP,
        EDIT_REPLICA,
        KEY_GOES_BAD,
        KEY_RECOVERS,
        RESTART,
        WIPE_WORKGROUP_STATUS,
        WIPE_REPLICA_STATUS,
        LOSE_EVERYTHING,
        SEE,
        LOOK_AT_WORKGROUP,
        FINISH_WORKGROUP,
        LOOK_AT_REPLICA,
        FINISH_REPLICA
    }

    /** @param which picks one of several: a name, a cache */
    record Event(Kind kind, int which, int other) {}

    @Property(tries = 10_000, shrinking = ShrinkingMode.BOUNDED)
    void noDatabaseIsAdmittedTooEarlyAndNoSecondSetOfKeysIsActedUpon(
            @ForAll("events") List<Event> events, @ForAll boolean replicating) {
        var world = new World(true);
        world.begins(replicating);
        events.forEach(world::happens);
    }

    /** The controller's own check: as where an administrator took the rules out of the CRD, or has not upgraded it. */
    @Property(tries = 10_000, shrinking = ShrinkingMode.BOUNDED)
    void withoutTheRulesOfTheApiServerNoDatabaseIsAdmittedTooEarlyEither(
            @ForAll("events") List<Event> events, @ForAll boolean replicating) {
        var world = new World(false);
        world.begins(replicating);
        events.forEach(world::happens);
    }

    @Property(tries = 10_000, shrinking = ShrinkingMode.BOUNDED)
    void whateverHappenedBeforeDeletingAllOfItEnds(
            @ForAll("events") List<Event> events, @ForAll boolean workgroupFirst) {
        var world = new World(true);
        world.happens(new Event(Kind.CREATE_WORKGROUP, 0, 0));
        events.forEach(world::happens);
        world.settles();
        if (workgroupFirst) {
            world.happens(new Event(Kind.DELETE_WORKGROUP, 0, 0));
            world.settles();
        }
        for (int i = 0; i < NAMES.size(); i++) {
            world.happens(new Event(Kind.DELETE_REPLICA, i, 0));
        }
        world.happens(new Event(Kind.DELETE_WORKGROUP, 0, 0));
        world.settles();

        assertThat(world.workgroup()).isNull();
        assertThat(world.replicas()).isEmpty();
    }

    @Property(tries = 10_000, shrinking = ShrinkingMode.BOUNDED)
    void whenTheWorldIsWellAndSettledEverythingAskedForReplicates(@ForAll("events") List<Event> events) {
        var world = new World(true);
        world.happens(new Event(Kind.CREATE_WORKGROUP, 0, 0));
        events.forEach(world::happens);
        world.badKeys.clear();
        world.settles();

        Workgroup workgroup = world.workgroup();
        if (workgroup == null || workgroup.isMarkedForDeletion()) {
            return;
        }
        SecondaryCmek record = ReplicaClaim.record(workgroup);
        if (world.replicas().values().stream()
                .anyMatch(r -> !r.isMarkedForDeletion()
                        && r.getSpec().region().equals(World.region(workgroup))
                        && world.mayBeRecorded(world.claims.claimOf(r)))) {
            assertThat(record)
                    .as("the right keys are recorded, whoever came with others")
                    .isNotNull();
            assertThat(world.bucketKey).isIn(null, record.dataBucketKeyID());
        }
        boolean mayReplicate = record != null
                && KeyArn.parse(record.dataBucketKeyID()).region().equals(World.region(workgroup))
                && world.replicas().values().stream()
                        .anyMatch(r -> !r.isMarkedForDeletion()
                                && r.getSpec().dataBucketKeyID().equals(record.dataBucketKeyID()));
        if (mayReplicate) {
            assertThat(World.admitted(workgroup)).containsAll(World.databases(workgroup));
        }
    }

    @Provide
    Arbitrary<List<Event>> events() {
        Arbitrary<Kind> often = Arbitraries.of(
                Kind.SEE, Kind.LOOK_AT_WORKGROUP, Kind.FINISH_WORKGROUP, Kind.LOOK_AT_REPLICA, Kind.FINISH_REPLICA);
        Arbitrary<Kind> kinds = Arbitraries.oneOf(List.of(often, often, Arbitraries.of(Kind.class)));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 1))
                .as(Event::new)
                .list()
                .ofMinSize(10)
                .ofMaxSize(120);
    }

    /** What the API server has, at one moment; the objects in it are never changed. */
    private record Stored(@Nullable Workgroup workgroup, Map<String, ReplicaCmek> replicas) {}

    private static final class World {

        private static final int WORKGROUPS_OWN = 0;
        private static final int WORKGROUPS_REPLICAS = 1;
        private static final int REPLICAS_OWN = 2;

        private final List<Stored> history = new ArrayList<>(List.of(new Stored(null, Map.of())));
        private final int[] seen = new int[3];
        private final Set<String> badKeys = new HashSet<>();

        /** With which the one bucket that all ReplicaCmeks name is encrypted. */
        private @Nullable String bucketKey;

        private final LiveClaims claims = new LiveClaims(Optional.empty(), Shard.ALL);
        private final Entitlements entitlements = new Entitlements(
                new Tenants(List.of(ClaimsOf.tenant("t", "arn:aws:iam::111122223333:role/service", "*", "*"))),
                ClaimsOf.of());
        private long versions;
        private @Nullable Runnable workgroupInWork;
        private final Map<String, Runnable> replicasInWork = new HashMap<>();

        /** By uid of the Workgroup. */
        private final Map<String, Set<String>> actedUpon = new HashMap<>();

        /** By uid of the Workgroup: database and region of each admission that was given while CMEK of the region was ready. */
        private final Map<String, Set<String>> admissions = new HashMap<>();

        private final boolean hasRulesOfTheApiServer;

        World(boolean hasRulesOfTheApiServer) {
            this.hasRulesOfTheApiServer = hasRulesOfTheApiServer;
        }

        private Stored now() {
            return history.getLast();
        }

        @Nullable
        Workgroup workgroup() {
            return now().workgroup();
        }

        Map<String, ReplicaCmek> replicas() {
            return now().replicas();
        }

        void happens(Event event) {
            String name = NAMES.get(event.which() % NAMES.size());
            Workgroup workgroup = workgroup();
            ReplicaCmek replica = replicas().get(name);
            switch (event.kind()) {
                case CREATE_WORKGROUP -> {
                    if (workgroup == null) {
                        store(create());
                    }
                }
                case DELETE_WORKGROUP -> {
                    if (workgroup != null) {
                        Workgroup leaving = copy(workgroup);
                        leaving.getMetadata().setDeletionTimestamp("2026-03-02T00:00:00Z");
                        store(leaving);
                    }
                }
                case CREATE_REPLICA -> {
                    if (replica == null) {
                        // The mistyped key is not the usual case.
                        store(create(name, KEYS.get(event.which() > 9 ? 2 : event.which() > 6 ? 3 : event.other())));
                    }
                }
                case DELETE_REPLICA -> {
                    if (replica != null) {
                        ReplicaCmek leaving = copy(replica);
                        leaving.getMetadata().setDeletionTimestamp("2026-03-02T00:00:00Z");
                        store(leaving);
                    }
                }
                case ADD_DATABASE -> replicate(DATABASES.get(event.other()), true);
                case REMOVE_DATABASE -> replicate(DATABASES.get(event.other()), false);
                case SET_REGION -> {
                    if (workgroup != null) {
                        replicate(new Replication(REGIONS.get(event.other()), databases(workgroup)));
                    }
                }
                case REMOVE_REPLICATION -> {
                    if (workgroup != null) {
                        replicate(null);
                    }
                }
                case EDIT_WORKGROUP -> {
                    if (workgroup != null) {
                        store(edited(copy(workgroup)));
                    }
                }
                case EDIT_REPLICA -> {
                    if (replica != null) {
                        store(edited(copy(replica)));
                    }
                }
                case KEY_GOES_BAD -> badKeys.add(KEYS.get(event.other()));
                case KEY_RECOVERS -> badKeys.remove(KEYS.get(event.other()));
                case RESTART -> restart();
                case WIPE_WORKGROUP_STATUS -> {
                    if (workgroup != null && !isWipeTooMuch(workgroup)) {
                        Workgroup wiped = copy(workgroup);
                        wiped.setStatus(null);
                        store(wiped);
                    }
                }
                case WIPE_REPLICA_STATUS -> {
                    // Something that tells has to be left.
                    if (replica != null
                            && workgroup != null
                            && (bucketKey != null || ReplicaClaim.record(workgroup) != null)) {
                        ReplicaCmek wiped = copy(replica);
                        wiped.setStatus(null);
                        store(wiped);
                    }
                }
                case LOSE_EVERYTHING -> {
                    // As a restore from a backup finds it: no object is left, and nobody's finalizer was asked.
                    if (workgroup != null && !isLossTooMuch(workgroup)) {
                        history.add(new Stored(null, Map.of()));
                        restart();
                    }
                }
                case SEE ->
                    seen[event.which() % 3] +=
                            event.other() == 0 ? unseen(event.which() % 3) : Math.min(1, unseen(event.which() % 3));
                case LOOK_AT_WORKGROUP -> lookAtWorkgroup();
                case FINISH_WORKGROUP -> {
                    if (workgroupInWork != null) {
                        workgroupInWork.run();
                        workgroupInWork = null;
                    }
                }
                case LOOK_AT_REPLICA -> lookAtReplica(name);
                case FINISH_REPLICA ->
                    Optional.ofNullable(replicasInWork.remove(name)).ifPresent(Runnable::run);
            }
        }

        /** Whether nothing would tell any more which keys were used. */
        private boolean isLossTooMuch(Workgroup workgroup) {
            return bucketKey == null
                    && actedUpon.containsKey(workgroup.getMetadata().getUid());
        }

        /** Once the ReplicaCmek that was worked for is gone or knows nothing, nothing in the cluster tells which keys were used. */
        private boolean isWipeTooMuch(Workgroup workgroup) {
            SecondaryCmek record = ReplicaClaim.record(workgroup);
            return isLossTooMuch(workgroup)
                    && replicas().values().stream()
                            .noneMatch(r -> record != null
                                    && r.getMetadata().getName().equals(record.name())
                                    && !r.isMarkedForDeletion()
                                    && ReplicaClaim.candidate(r, false).wasConfigured());
        }

        /** @param replicating whether a database replicates already: many orders of events lead away from there, and few to it */
        void begins(boolean replicating) {
            happens(new Event(Kind.CREATE_WORKGROUP, 0, 0));
            if (replicating) {
                happens(new Event(Kind.CREATE_REPLICA, 0, 0));
                happens(new Event(Kind.ADD_DATABASE, 0, 0));
                settles();
                assertThat(admitted(workgroup())).containsExactly("orders");
            }
        }

        /** Nothing happens any more but what the controller does, with caches that are up to date. */
        void settles() {
            for (int round = 0; round < 12; round++) {
                restart();
                lookAtWorkgroup();
                happens(new Event(Kind.FINISH_WORKGROUP, 0, 0));
                for (int i = 0; i < NAMES.size(); i++) {
                    restart();
                    happens(new Event(Kind.LOOK_AT_REPLICA, i, 0));
                    happens(new Event(Kind.FINISH_REPLICA, i, 0));
                }
            }
        }

        private void restart() {
            workgroupInWork = null;
            replicasInWork.clear();
            for (int i = 0; i < seen.length; i++) {
                seen[i] += unseen(i);
            }
        }

        private int unseen(int cache) {
            return history.size() - 1 - seen[cache];
        }

        private Stored seenBy(int cache) {
            return history.get(seen[cache]);
        }

        // -- the Workgroup's reconciler

        private void lookAtWorkgroup() {
            Workgroup workgroup = seenBy(WORKGROUPS_OWN).workgroup();
            workgroupInWork = null;
            if (workgroup == null) {
                return;
            }
            SecondaryRegion cached =
                    regionOf(workgroup, seenBy(WORKGROUPS_REPLICAS).replicas());
            SecondaryRegion region;
            if (cached.setsLockOf(workgroup)) {
                region = regionOf(workgroup, replicas());
            } else if (cached.admitsMore()) {
                region = cached.with(cached.holder()
                        .flatMap(h -> Optional.ofNullable(
                                        replicas().get(h.getMetadata().getName()))
                                .filter(fresh -> fresh.getMetadata()
                                        .getUid()
                                        .equals(h.getMetadata().getUid()))));
            } else {
                region = cached;
            }
            Set<String> given =
                    admissions.computeIfAbsent(workgroup.getMetadata().getUid(), uid -> new TreeSet<>());
            var admitted = new TreeSet<>(region.gate().admitted().stream()
                    .map(d -> d + " in " + region(workgroup))
                    .toList());
            admitted.removeAll(given);
            if (!admitted.isEmpty()) {
                ReplicaCmek holder = replicas().get(region.record().name());
                assertThat(holder)
                        .as("the ReplicaCmek that admits %s", admitted)
                        .isNotNull();
                assertThat(holder.isMarkedForDeletion()).isFalse();
                assertThat(holder.getSpec().region()).isEqualTo(region(workgroup));
                assertThat(isReady(holder)).isTrue();
                given.addAll(admitted);
            }
            workgroupInWork = workgroup.isMarkedForDeletion() && region.holder().isEmpty()
                    ? () -> remove(workgroup)
                    : () -> report(workgroup, region);
        }

        private SecondaryRegion regionOf(Workgroup workgroup, Map<String, ReplicaCmek> replicas) {
            return SecondaryRegion.of(
                    workgroup,
                    replicas.values(),
                    claims,
                    entitlements,
                    this::mayBeRecorded,
                    Instant.parse("2026-03-01T10:00:00Z"));
        }

        private boolean mayBeRecorded(Claim claim) {
            return !isMistyped(claim.buckets().getFirst().key().toString()) && !isUnderAnotherKey(claim);
        }

        private static boolean isMistyped(String key) {
            return key.equals(KEYS.get(2));
        }

        private boolean isUnderAnotherKey(Claim claim) {
            return bucketKey != null
                    && !claim.buckets().getFirst().key().toString().equals(bucketKey);
        }

        private void report(Workgroup seen, SecondaryRegion region) {
            Workgroup current = workgroup();
            if (current == null || !isSameVersion(current, seen)) {
                return;
            }
            Gate gate = region.gate();
            Workgroup written = copy(current);
            written.setStatus(new WorkgroupStatus(
                    seen.getMetadata().getGeneration(),
                    EncryptionState.ENABLED,
                    List.of(),
                    List.of(),
                    null,
                    region.status(),
                    null,
                    List.of()));
            if (region(current) != null && region(current).equals(regionInStatus(current))) {
                assertThat(admitted(written))
                        .as("what was admitted and is still asked for stays")
                        .containsAll(databases(current).stream()
                                .filter(admitted(current)::contains)
                                .toList());
            }
            if (!admitted(written).isEmpty()) {
                assertThat(regionInStatus(written)).isEqualTo(region(current));
            }
            SecondaryCmek before = ReplicaClaim.record(current);
            if (before != null) {
                assertThat(region.record()).isNotNull();
                assertThat(region.record().dataBucketKeyID()).isEqualTo(before.dataBucketKeyID());
            }
            if (!admitted(current).containsAll(gate.admitted())) {
                assertThat(replicas().values())
                        .as("a ReplicaCmek with the keys of the record, in the moment of admission")
                        .anyMatch(r -> r.getSpec()
                                .dataBucketKeyID()
                                .equals(region.record().dataBucketKeyID()));
            }
            store(written);
        }

        private void remove(Workgroup seen) {
            Workgroup current = workgroup();
            if (current != null
                    && current.getMetadata().getUid().equals(seen.getMetadata().getUid())) {
                history.add(new Stored(null, replicas()));
            }
        }

        // -- the ReplicaCmek's reconciler

        private void lookAtReplica(String name) {
            ReplicaCmek replica = seenBy(REPLICAS_OWN).replicas().get(name);
            replicasInWork.remove(name);
            if (replica == null) {
                return;
            }
            Optional<Workgroup> workgroup = Optional.ofNullable(workgroup());
            if (replica.isMarkedForDeletion()) {
                if (workgroup
                                .filter(w -> SecondaryRegion.isRebuiltFrom(replica, w))
                                .isEmpty()
                        && SecondaryRegion.holds(replica, workgroup).isEmpty()) {
                    replicasInWork.put(name, () -> removeReplica(replica));
                }
                return;
            }
            if (workgroup.filter(w -> SecondaryRegion.isRebuiltFrom(replica, w)).isPresent()) {
                return;
            }
            Claim claim = claims.claimOf(replica, workgroup);
            boolean accepted = claim.standing().isGood();
            String key = replica.getSpec().dataBucketKeyID();
            if (claim.standing().reason() == Reason.Pending && !mayBeRecorded(claim)) {
                replicasInWork.put(
                        name,
                        () -> reportReplica(
                                replica,
                                isMistyped(key),
                                isMistyped(key) ? Reason.KeyNotFound : Reason.BucketUnderAnotherKey));
                return;
            }
            if (accepted) {
                Set<String> acted = actedUpon.computeIfAbsent(
                        workgroup.orElseThrow().getMetadata().getUid(), uid -> new TreeSet<>());
                assertThat(isMistyped(key))
                        .as("a key that is not there is acted upon")
                        .isFalse();
                acted.add(key);
                assertThat(acted).as("keys acted upon for the secondary region").hasSize(1);
                if (bucketKey != null) {
                    assertThat(key)
                            .as("the key acted upon once the bucket is encrypted")
                            .isEqualTo(bucketKey);
                }
            }
            boolean enabled = accepted && !badKeys.contains(key);
            if (enabled) {
                bucketKey = key;
            }
            replicasInWork.put(name, () -> reportReplica(replica, accepted, enabled ? Reason.Ready : Reason.Pending));
        }

        /** @param ready why it is Ready, or not */
        private void reportReplica(ReplicaCmek seen, boolean accepted, Reason ready) {
            ReplicaCmek current = replicas().get(seen.getMetadata().getName());
            if (current == null || !isSameVersion(current, seen)) {
                return;
            }
            boolean wasEnabled =
                    current.getStatus() != null && current.getStatus().wasEnabled();
            ReplicaCmek written = copy(current);
            Long generation = seen.getMetadata().getGeneration();
            written.setStatus(new ReplicaCmekStatus(
                    generation,
                    ready == Reason.Ready
                            ? EncryptionState.ENABLED
                            : wasEnabled ? EncryptionState.DEGRADED : EncryptionState.PENDING,
                    List.of(),
                    List.of(),
                    null,
                    null,
                    List.of(
                            condition("Accepted", accepted, Reason.Accepted, generation),
                            condition("Ready", ready == Reason.Ready, ready, generation))));
            store(written);
        }

        private void removeReplica(ReplicaCmek seen) {
            ReplicaCmek current = replicas().get(seen.getMetadata().getName());
            if (current != null
                    && current.getMetadata().getUid().equals(seen.getMetadata().getUid())) {
                var left = new TreeMap<>(replicas());
                left.remove(seen.getMetadata().getName());
                history.add(new Stored(workgroup(), left));
            }
        }

        // -- the objects

        private void replicate(String database, boolean wanted) {
            Workgroup workgroup = workgroup();
            if (workgroup == null) {
                return;
            }
            var databases = new TreeSet<>(databases(workgroup));
            if (wanted ? databases.add(database) : databases.remove(database)) {
                String region = region(workgroup);
                replicate(new Replication(region == null ? "us-west-2" : region, List.copyOf(databases)));
            }
        }

        private void replicate(@Nullable Replication replication) {
            Workgroup workgroup = workgroup();
            if (!hasRulesOfTheApiServer || isAllowed(workgroup, replication)) {
                Workgroup edited = edited(copy(workgroup));
                edited.setSpec(spec(replication));
                store(edited);
            }
        }

        /** The rules at the root of the CRD; the fixtures show that they say this. */
        private static boolean isAllowed(Workgroup old, @Nullable Replication next) {
            SecondaryCmek record = ReplicaClaim.record(old);
            if (record == null && admitted(old).isEmpty()) {
                return true;
            }
            String region = region(old);
            if (next == null) {
                return region == null;
            }
            return next.region().equals(region)
                    || record != null
                            && next.region()
                                    .equals(KeyArn.parse(record.dataBucketKeyID())
                                            .region());
        }

        /** As the API server counts it: each change of the spec is a generation. */
        private static <R extends HasMetadata> R edited(R resource) {
            resource.getMetadata().setGeneration(resource.getMetadata().getGeneration() + 1);
            return resource;
        }

        private void store(Workgroup workgroup) {
            workgroup.getMetadata().setResourceVersion(String.valueOf(++versions));
            history.add(new Stored(workgroup, replicas()));
        }

        private void store(ReplicaCmek replica) {
            replica.getMetadata().setResourceVersion(String.valueOf(++versions));
            var with = new TreeMap<>(replicas());
            with.put(replica.getMetadata().getName(), replica);
            history.add(new Stored(workgroup(), with));
        }

        private Workgroup create() {
            var workgroup = new Workgroup();
            name(workgroup, "orders");
            workgroup.setSpec(spec(new Replication("us-west-2", List.of())));
            return workgroup;
        }

        private ReplicaCmek create(String name, String key) {
            var replica = new ReplicaCmek();
            name(replica, name);
            replica.setSpec(new ReplicaCmekSpec(
                    new WorkgroupRef("orders"),
                    KeyArn.parse(key).region(),
                    key,
                    null,
                    new Buckets("west", null, null),
                    null,
                    null,
                    null));
            return replica;
        }

        private void name(HasMetadata resource, String name) {
            long uid = ++versions;
            resource.setMetadata(new ObjectMetaBuilder()
                    .withNamespace("team")
                    .withName(name)
                    .withUid("uid-" + uid)
                    .withGeneration(1L)
                    .withCreationTimestamp(Instant.parse("2026-03-01T00:00:00Z")
                            .plusSeconds(uid)
                            .toString())
                    .build());
        }

        private static WorkgroupSpec spec(@Nullable Replication replication) {
            return new WorkgroupSpec(
                    "us-east-1",
                    new Cmek(ClaimsOf.KEY.toString(), null),
                    new Buckets("orders-data", null, null),
                    null,
                    null,
                    null,
                    replication);
        }

        private static Workgroup copy(Workgroup from) {
            var copy = new Workgroup();
            copy.setMetadata(new ObjectMetaBuilder(from.getMetadata()).build());
            copy.setSpec(from.getSpec());
            copy.setStatus(from.getStatus());
            return copy;
        }

        private static ReplicaCmek copy(ReplicaCmek from) {
            var copy = new ReplicaCmek();
            copy.setMetadata(new ObjectMetaBuilder(from.getMetadata()).build());
            copy.setSpec(from.getSpec());
            copy.setStatus(from.getStatus());
            return copy;
        }

        private static Condition condition(String type, boolean good, Reason reason, Long generation) {
            return new Condition(
                    type, good ? "True" : "False", reason.name(), "Tested.", generation, "2026-03-01T00:00:00Z");
        }

        private static boolean isReady(ReplicaCmek replica) {
            return replica.getStatus() != null
                    && replica.getStatus()
                            .conditions()
                            .contains(condition(
                                    "Ready",
                                    true,
                                    Reason.Ready,
                                    replica.getMetadata().getGeneration()));
        }

        private static boolean isSameVersion(HasMetadata a, HasMetadata b) {
            return a.getMetadata().getResourceVersion().equals(b.getMetadata().getResourceVersion());
        }

        static List<String> databases(Workgroup workgroup) {
            Replication replication = workgroup.getSpec().replication();
            return replication == null ? List.of() : replication.databasesOrEmpty();
        }

        static @Nullable String region(Workgroup workgroup) {
            Replication replication = workgroup.getSpec().replication();
            return replication == null ? null : replication.region();
        }

        private static @Nullable String regionInStatus(Workgroup workgroup) {
            return workgroup.getStatus() == null || workgroup.getStatus().replication() == null
                    ? null
                    : workgroup.getStatus().replication().region();
        }

        static List<String> admitted(Workgroup workgroup) {
            return workgroup.getStatus() == null || workgroup.getStatus().replication() == null
                    ? List.of()
                    : workgroup.getStatus().replication().admitted();
        }
    }
}
