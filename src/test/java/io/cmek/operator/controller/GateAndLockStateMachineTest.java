package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.FakeS3;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/**
 * Gate and lock over a cluster in which everything happens at any time (R6, R8), decided by the operator itself. Users act between any two steps
 * of it, and between any two requests of one reconciliation; its informers are late or cut, and its process ends at any time. The cluster may be
 * lost, AWS is not.
 */
class GateAndLockStateMachineTest {

    private static final Logger QUIET = Logger.getLogger("io.cmek.operator");

    private static @Nullable Level levelBefore;

    /** Thousands of lines about faults that are meant. Other tests of this process read the log. */
    @BeforeContainer
    static void quiet() {
        levelBefore = QUIET.getLevel();
        QUIET.setLevel(Level.OFF);
    }

    @AfterContainer
    static void loud() {
        QUIET.setLevel(levelBefore);
    }

    private static final ResourceRef ORDERS = CoreWorld.id("orders");
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> DATABASES = List.of("sales", "billing");
    private static final List<String> REGIONS = List.of("us-west-2", "eu-west-1");

    /** The third is mistyped: there is no such key. The last one is in the other region. */
    private static final List<KeyArn> KEYS = List.of(
            CoreWorld.key("us-west-2", 11),
            CoreWorld.key("us-west-2", 22),
            CoreWorld.key("us-west-2", 33),
            CoreWorld.key("eu-west-1", 44));

    private static final KeyArn MISTYPED = KEYS.get(2);
    private static final String BUCKET = "west-data";

    /** What may happen next. */
    enum Kind {
        CREATE_WORKGROUP,
        DELETE_WORKGROUP,
        FORCE_DELETE_WORKGROUP,
        CREATE_REPLICA,
        DELETE_REPLICA,
        FORCE_DELETE_REPLICA,
        REPLACE_REPLICA,
        ADD_DATABASE,
        REMOVE_DATABASE,
        SET_REGION,
        REMOVE_REPLICATION,
        EDIT_WORKGROUP,
        EDIT_REPLICA,
        KEY_GOES_BAD,
        KEY_RECOVERS,
        CRASH,
        CUT_WORKGROUPS,
        CUT_REPLICAS,
        RELIST,
        WIPE_WORKGROUP_STATUS,
        WIPE_REPLICA_STATUS,
        LOSE_EVERYTHING,
        LITTLE_TIME,
        TIME,
        LONG_TIME
    }

    /**
     * @param which picks one of several
     * @param amid at which request of the operator it happens from now; 0 for between its steps
     */
    record Event(Kind kind, int which, int other, int amid) {}

    @Property(tries = 200, shrinking = ShrinkingMode.BOUNDED)
    void noDatabaseIsAdmittedTooEarlyAndNoSecondSetOfKeysIsWrittenFor(
            @ForAll("events") List<Event> events, @ForAll long seed, @ForAll boolean replicating) {
        var run = new Run(seed, true);
        run.begins(replicating);
        events.forEach(run::happens);
        run.settles();
    }

    /** The operator's own checks: as where an administrator took the rules out of the CRD, or has not upgraded it. */
    @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
    void norWithoutTheRulesOfTheApiServer(
            @ForAll("events") List<Event> events, @ForAll long seed, @ForAll boolean replicating) {
        var run = new Run(seed, false);
        run.begins(replicating);
        events.forEach(run::happens);
        run.settles();
    }

    /** That bucket can never be under the key of the ReplicaCmek, so it tells nothing of keys, and the record would be wrong for ever. */
    @Example
    void aLostRecordIsNotMadeAnewByOneWhoseBucketIsInAnotherRegion() {
        var run = new Run(-1, true);
        run.begins(true);
        run.world.cluster.wipeStatus(ORDERS);
        run.replicate(new Replication("eu-west-1", List.of("sales")));
        run.replaces(replica("a", KEYS.get(3), BUCKET));
        run.settles();

        assertThat(record(Objects.requireNonNull(run.workgroup()))).isNull();
        assertThat(run.world
                        .condition(CoreWorld.replicaId("a"), "BucketsEncrypted")
                        .reason())
                .isEqualTo("BucketInAnotherRegion");
        run.replicate(new Replication("us-west-2", List.of("sales")));
        run.replaces(replica("a", KEYS.get(0)));
        run.settles();
        assertThat(admitted(run.workgroup())).containsExactly("sales");
    }

    @Example
    void norByOneWhoseBucketIsInAnotherAccount() {
        var run = new Run(-1, true);
        run.begins(true);
        var ours = Objects.requireNonNull(run.world.s3.bucket(BUCKET));
        run.world.s3.put(BUCKET, new FakeS3.Bucket(false, ours.region(), ours.encryption(), ours.isPrivate()));
        run.world.advance(CoreWorld.POLL.multipliedBy(2));
        run.world.cluster.wipeStatus(ORDERS);
        run.replaces(replica("a", KEYS.get(1)));
        run.settles();

        assertThat(record(Objects.requireNonNull(run.workgroup()))).isNull();
        assertThat(run.world
                        .condition(CoreWorld.replicaId("a"), "BucketsEncrypted")
                        .reason())
                .isEqualTo("BucketOwnedByAnotherAccount");
        run.world.s3.put(BUCKET, ours);
        run.replaces(replica("a", KEYS.get(0)));
        run.world.advance(CoreWorld.POLL.multipliedBy(2));
        assertThat(admitted(run.workgroup())).containsExactly("sales");
    }

    @Property(tries = 60, shrinking = ShrinkingMode.BOUNDED)
    void whateverHappenedBeforeDeletingAllOfItEnds(
            @ForAll("events") List<Event> events, @ForAll long seed, @ForAll boolean workgroupFirst) {
        var run = new Run(seed, true);
        run.begins(false);
        events.forEach(run::happens);
        run.settles();
        if (workgroupFirst) {
            run.world.cluster.delete(ORDERS);
            run.settles();
        }
        NAMES.forEach(name -> run.world.cluster.delete(CoreWorld.replicaId(name)));
        run.settles();
        run.world.cluster.delete(ORDERS);
        run.settles();
        NAMES.forEach(name -> run.world.cluster.delete(CoreWorld.replicaId(name)));
        run.settles();

        assertThat(run.world.cluster.all()).isEmpty();
        assertThat(run.world.process().kept().stream().filter(k -> !k.equals("publisher")))
                .isEmpty();
    }

    @Property(tries = 60, shrinking = ShrinkingMode.BOUNDED)
    void whenTheWorldIsWellAndSettledEverythingAskedForReplicates(
            @ForAll("events") List<Event> events, @ForAll long seed) {
        var run = new Run(seed, true);
        run.begins(false);
        events.forEach(run::happens);
        KEYS.stream().filter(key -> !key.equals(MISTYPED)).forEach(key -> run.world.kms.state(key, "Enabled"));
        run.settles();

        Workgroup workgroup = run.workgroup();
        if (workgroup == null || workgroup.isMarkedForDeletion()) {
            return;
        }
        SecondaryCmek record = record(workgroup);
        List<ReplicaCmek> staying =
                run.replicas().stream().filter(r -> !r.isMarkedForDeletion()).toList();
        if (staying.stream()
                .anyMatch(r ->
                        r.getSpec().region().equals(region(workgroup)) && !isMistyped(r) && run.mayUseTheBucket(r))) {
            assertThat(record)
                    .as("the right keys are recorded, whoever came with others")
                    .isNotNull();
        }
        // One that is recorded and whose bucket is an older one's learns which of the two to delete; nobody takes over
        // from it.
        boolean isRecordedWithoutBucket = record != null
                && staying.stream()
                        .anyMatch(r -> r.getMetadata().getName().equals(record.name()) && isItsBucketAnothers(r));
        if (record != null
                && !isRecordedWithoutBucket
                && KeyArn.parse(record.dataBucketKeyID()).region().equals(region(workgroup))
                && staying.stream()
                        .anyMatch(r -> r.getSpec().dataBucketKeyID().equals(record.dataBucketKeyID())
                                && run.mayUseTheBucket(r)
                                && !isItsBucketAnothers(r))) {
            assertThat(admitted(workgroup))
                    .as("%s of %s and %s", admitted(workgroup), workgroup, run.replicas())
                    .containsAll(databases(workgroup));
        }
    }

    @Provide
    Arbitrary<List<Event>> events() {
        Arbitrary<Kind> time = Arbitraries.of(Kind.LITTLE_TIME, Kind.LITTLE_TIME, Kind.TIME);
        Arbitrary<Kind> often = Arbitraries.of(
                Kind.CREATE_REPLICA,
                Kind.DELETE_REPLICA,
                Kind.REPLACE_REPLICA,
                Kind.ADD_DATABASE,
                Kind.REMOVE_DATABASE,
                Kind.EDIT_REPLICA,
                Kind.CREATE_WORKGROUP,
                Kind.WIPE_WORKGROUP_STATUS,
                Kind.RELIST);
        Arbitrary<Kind> kinds = Arbitraries.oneOf(List.of(time, often, Arbitraries.of(Kind.class)));
        Arbitrary<Integer> amid = Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(2, Arbitraries.just(0)),
                net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(1, 6)));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 1),
                        amid)
                .as(Event::new)
                .list()
                .ofMinSize(10)
                .ofMaxSize(60);
    }

    private static boolean isMistyped(ReplicaCmek replica) {
        return replica.getSpec().dataBucketKeyID().equals(MISTYPED.toString());
    }

    private static boolean isItsBucketAnothers(ReplicaCmek replica) {
        return replica.getStatus() != null
                && replica.getStatus().conditions().stream()
                        .anyMatch(c -> c.type().equals("Accepted") && c.reason().equals("BucketClaimedByAnother"));
    }

    private static @Nullable SecondaryCmek record(Workgroup workgroup) {
        return workgroup.getStatus() == null || workgroup.getStatus().replication() == null
                ? null
                : workgroup.getStatus().replication().secondary();
    }

    private static List<String> databases(Workgroup workgroup) {
        Replication replication = workgroup.getSpec().replication();
        return replication == null ? List.of() : replication.databasesOrEmpty();
    }

    private static @Nullable String region(Workgroup workgroup) {
        Replication replication = workgroup.getSpec().replication();
        return replication == null ? null : replication.region();
    }

    private static List<String> admitted(Workgroup workgroup) {
        return workgroup.getStatus() == null || workgroup.getStatus().replication() == null
                ? List.of()
                : workgroup.getStatus().replication().admitted();
    }

    /** What happens in one world, watched. */
    private static final class Run {

        final CoreWorld world;
        private final boolean hasRulesOfTheApiServer;

        /** By uid of the Workgroup. */
        private final Map<String, Set<String>> writtenFor = new HashMap<>();

        /** By uid of the Workgroup: database and region of each admission that was given while CMEK of the region was ready. */
        private final Map<String, Set<String>> admissions = new HashMap<>();

        /** By uid of the Workgroup. */
        private final Map<String, SecondaryCmek> records = new HashMap<>();

        /** What happens at a request of the operator, and at which. */
        private final List<Map.Entry<Integer, Event>> amid = new ArrayList<>();

        private int requests;
        private boolean inTheMiddle;

        /** The ready ReplicaCmeks at the last read that the operator made past its caches, by uid: nothing later is its fault. */
        private final Set<String> readyWhenRead = new HashSet<>();

        /** At the same moment. */
        private @Nullable Workgroup workgroupWhenRead;

        /** Why the ReplicaCmek of the last removal of a finalizer has to stay; the API server refuses some of those: they name an earlier object. */
        private @Nullable String wrongToLeave;

        Run(long seed, boolean hasRulesOfTheApiServer) {
            this.hasRulesOfTheApiServer = hasRulesOfTheApiServer;
            world = new CoreWorld(seed);
            world.newKey(1);
            KEYS.stream().filter(key -> !key.equals(MISTYPED)).forEach(world.kms::make);
            world.lag = () -> Duration.ofMillis(world.random.nextInt(300));
            world.cluster.before = (request, name) -> arrives(request, name);
            world.cluster.after = (request, name) -> isDone(request);
            world.aws.after = (operation, item) -> checkWrite(operation, item);
            world.start();
        }

        @Nullable
        Workgroup workgroup() {
            return (Workgroup) world.cluster.find(ORDERS).orElse(null);
        }

        List<ReplicaCmek> replicas() {
            return world.cluster.all().stream()
                    .filter(ReplicaCmek.class::isInstance)
                    .map(ReplicaCmek.class::cast)
                    .toList();
        }

        // -- what must never be

        private void arrives(String request, String name) {
            requests++;
            if (inTheMiddle) {
                return;
            }
            if (request.equals(FakeCluster.REMOVE_FINALIZER)) {
                wrongToLeave = NAMES.contains(name) ? wrongToLeave(name) : null;
            }
            inTheMiddle = true;
            amid.stream().filter(e -> e.getKey() == requests).forEach(e -> now(e.getValue()));
            amid.removeIf(e -> e.getKey() <= requests);
            inTheMiddle = false;
        }

        private void isDone(String request) {
            if (request.equals(FakeCluster.GET) || request.equals(FakeCluster.LIST)) {
                workgroupWhenRead = workgroup();
                readyWhenRead.clear();
                replicas().stream()
                        .filter(Run::isReady)
                        .forEach(r -> readyWhenRead.add(r.getMetadata().getUid()));
            }
            if (request.equals(FakeCluster.STATUS)) {
                checkStatus();
            }
            if (request.equals(FakeCluster.REMOVE_FINALIZER)) {
                assertThat(wrongToLeave).isNull();
            }
        }

        private @Nullable String wrongToLeave(String name) {
            Workgroup workgroup = workgroupWhenRead;
            SecondaryCmek record = workgroup == null || workgroup.isMarkedForDeletion() ? null : record(workgroup);
            ReplicaCmek leaving =
                    (ReplicaCmek) world.cluster.find(CoreWorld.replicaId(name)).orElse(null);
            return record != null
                            && leaving != null
                            && record.name().equals(name)
                            && leaving.getSpec().dataBucketKeyID().equals(record.dataBucketKeyID())
                            && !databases(workgroup).isEmpty()
                    ? name + " goes while " + databases(workgroup) + " replicate under it"
                    : null;
        }

        private void checkStatus() {
            Workgroup workgroup = workgroup();
            if (workgroup == null) {
                return;
            }
            String uid = workgroup.getMetadata().getUid();
            SecondaryCmek record = record(workgroup);
            SecondaryCmek before = records.get(uid);
            if (record != null && before != null) {
                assertThat(record.dataBucketKeyID())
                        .as("the keys that are recorded")
                        .isEqualTo(before.dataBucketKeyID());
            }
            if (record != null) {
                assertThat(record.dataBucketKeyID())
                        .as("a key that is not there")
                        .isNotEqualTo(MISTYPED.toString());
                records.put(uid, record);
            }
            Set<String> given = admissions.computeIfAbsent(uid, u -> new TreeSet<>());
            String region =
                    workgroup.getStatus() == null || workgroup.getStatus().replication() == null
                            ? null
                            : workgroup.getStatus().replication().region();
            var more = new TreeSet<String>();
            admitted(workgroup).forEach(database -> more.add(database + " in " + region));
            more.removeAll(given);
            if (!more.isEmpty()) {
                assertThat(record).as("the record, when %s are admitted", more).isNotNull();
                assertThat(KeyArn.parse(record.dataBucketKeyID()).region())
                        .as("the region that has CMEK")
                        .isEqualTo(region);
                assertThat(readyWhenRead)
                        .as("a ready ReplicaCmek at the last read past the caches, when %s are admitted", more)
                        .isNotEmpty();
                given.addAll(more);
            }
        }

        /** Not the Workgroup's status decides here, but what the ReplicaCmek says of itself. */
        private static boolean isReady(ReplicaCmek replica) {
            return !replica.isMarkedForDeletion()
                    && replica.getStatus() != null
                    && replica.getStatus().conditions().stream()
                            .filter(c -> c.type().equals("Ready"))
                            .filter(c -> Objects.equals(
                                    c.observedGeneration(),
                                    replica.getMetadata().getGeneration()))
                            .map(Condition::status)
                            .anyMatch("True"::equals);
        }

        private void checkWrite(String operation, String item) {
            boolean writes = operation.equals("kms:PutKeyPolicy") || operation.equals("s3:PutBucketEncryption");
            String key = operation.equals("kms:PutKeyPolicy")
                    ? item
                    : operation.equals("s3:PutBucketEncryption") && item.equals(BUCKET)
                            ? Optional.ofNullable(world.s3.bucket(BUCKET))
                                    .map(FakeS3.Bucket::encryption)
                                    .map(io.cmek.operator.bucket.BucketFacts.Encryption::kmsKeyId)
                                    .orElse(null)
                            : null;
            if (!writes
                    || key == null
                    || KEYS.stream().noneMatch(k -> k.toString().equals(key))) {
                return;
            }
            assertThat(key).as("a key that is not there").isNotEqualTo(MISTYPED.toString());
            Workgroup workgroup = workgroup();
            if (workgroup == null) {
                return;
            }
            Set<String> keys =
                    writtenFor.computeIfAbsent(workgroup.getMetadata().getUid(), uid -> new TreeSet<>());
            keys.add(key);
            assertThat(keys).as("keys written for in the secondary region").hasSize(1);
            assertThat(records.get(workgroup.getMetadata().getUid()))
                    .as("the record before the work, of " + key)
                    .isNotNull()
                    .extracting(SecondaryCmek::dataBucketKeyID)
                    .isEqualTo(key);
        }

        // -- what happens

        void begins(boolean replicating) {
            now(new Event(Kind.CREATE_WORKGROUP, 0, 0, 0));
            if (replicating) {
                now(new Event(Kind.CREATE_REPLICA, 0, 0, 0));
                now(new Event(Kind.ADD_DATABASE, 0, 0, 0));
                world.advance(Duration.ofSeconds(5));
                assertThat(admitted(Objects.requireNonNull(workgroup()))).containsExactly("sales");
            }
        }

        /** Nothing happens any more but what the operator does. */
        void settles() {
            amid.clear();
            relist();
            world.lag = () -> Duration.ofMillis(5);
            world.process().workgroups.lag(world.lag);
            world.process().replicas.lag(world.lag);
            KEYS.forEach(key -> world.process().controllers.refresh(new AwsItem.Key(key)));
            world.advance(Duration.ofSeconds(45));
        }

        /** Nobody's finalizer is asked. */
        void replaces(ReplicaCmek next) {
            world.cluster.forceDelete(CoreWorld.replicaId(next.getMetadata().getName()));
            world.cluster.create(next);
        }

        private void relist() {
            world.process().workgroups.relist();
            world.process().replicas.relist();
        }

        void happens(Event event) {
            boolean isTime = Set.of(Kind.LITTLE_TIME, Kind.TIME, Kind.LONG_TIME, Kind.CRASH, Kind.RELIST)
                    .contains(event.kind());
            if (event.amid() > 0 && !isTime) {
                amid.add(Map.entry(requests + event.amid(), event));
            } else {
                now(event);
            }
        }

        private void now(Event event) {
            String name = NAMES.get(event.which() % NAMES.size());
            ResourceRef replicaId = CoreWorld.replicaId(name);
            Workgroup workgroup = workgroup();
            boolean hasReplica = world.exists(replicaId);
            switch (event.kind()) {
                case CREATE_WORKGROUP -> {
                    if (workgroup == null) {
                        Workgroup made = CoreWorld.workgroup("orders", CoreWorld.key(1));
                        made.setSpec(CoreWorld.replicating(made.getSpec(), "us-west-2"));
                        world.cluster.create(made);
                    }
                }
                case DELETE_WORKGROUP -> world.cluster.delete(ORDERS);
                case FORCE_DELETE_WORKGROUP -> {
                    if (workgroup != null && !isLossTooMuch(workgroup)) {
                        world.cluster.forceDelete(ORDERS);
                    }
                }
                case CREATE_REPLICA -> {
                    if (!hasReplica) {
                        world.cluster.create(replica(name, keyOf(event)));
                    }
                }
                case DELETE_REPLICA -> world.cluster.delete(replicaId);
                case FORCE_DELETE_REPLICA -> {
                    if (hasReplica && tells()) {
                        world.cluster.forceDelete(replicaId);
                    }
                }
                case REPLACE_REPLICA -> {
                    if (hasReplica && tells()) {
                        replaces(replica(name, keyOf(event)));
                    }
                }
                case ADD_DATABASE -> replicate(DATABASES.get(event.other()), true);
                case REMOVE_DATABASE -> replicate(DATABASES.get(event.other()), false);
                case SET_REGION -> {
                    String region = REGIONS.get(event.other());
                    if (workgroup != null && !isMoveTooMuch(workgroup, region)) {
                        replicate(new Replication(region, databases(workgroup)));
                    }
                }
                case REMOVE_REPLICATION -> {
                    if (workgroup != null && !isMoveTooMuch(workgroup, null)) {
                        replicate((Replication) null);
                    }
                }
                case EDIT_WORKGROUP -> {
                    if (workgroup != null) {
                        world.cluster.edit(ORDERS, GateAndLockStateMachineTest::edited);
                    }
                }
                case EDIT_REPLICA -> {
                    if (hasReplica) {
                        world.cluster.editReplica(replicaId, GateAndLockStateMachineTest::edited);
                    }
                }
                case KEY_GOES_BAD -> world.kms.state(KEYS.get(event.other()), "Disabled");
                case KEY_RECOVERS -> world.kms.state(KEYS.get(event.other()), "Enabled");
                case CRASH -> {
                    // The first list may be answered with what is past.
                    world.replicasFromThePast = event.other() * event.which();
                    world.crash();
                }
                case CUT_WORKGROUPS -> world.process().workgroups.cut();
                case CUT_REPLICAS -> world.process().replicas.cut();
                case RELIST -> relist();
                case WIPE_WORKGROUP_STATUS -> {
                    if (workgroup != null && !isWipeTooMuch(workgroup)) {
                        world.cluster.wipeStatus(ORDERS);
                    }
                }
                case WIPE_REPLICA_STATUS -> {
                    if (hasReplica && tells()) {
                        world.cluster.wipeStatus(replicaId);
                    }
                }
                case LOSE_EVERYTHING -> {
                    // As a restore from a backup finds it: no object is left, and nobody's finalizer was asked.
                    if (workgroup != null && !isLossTooMuch(workgroup) && !inTheMiddle) {
                        world.cluster.forceDelete(ORDERS);
                        replicas()
                                .forEach(r -> world.cluster.forceDelete(
                                        CoreWorld.replicaId(r.getMetadata().getName())));
                        world.crash();
                    }
                }
                case LITTLE_TIME -> world.advance(Duration.ofMillis(10L + event.which() * 20L));
                case TIME -> world.advance(Duration.ofMillis(300L + event.which() * 200L));
                case LONG_TIME -> world.advance(Duration.ofSeconds(20));
            }
        }

        /** The mistyped key is not the usual case. */
        private static KeyArn keyOf(Event event) {
            return KEYS.get(event.which() > 9 ? 2 : event.which() > 7 ? 3 : event.other());
        }

        private @Nullable String bucketKey() {
            FakeS3.Bucket bucket = world.s3.bucket(BUCKET);
            return bucket == null ? null : bucket.encryption().kmsKeyId();
        }

        boolean mayUseTheBucket(ReplicaCmek replica) {
            return bucketKey() == null || replica.getSpec().dataBucketKeyID().equals(bucketKey());
        }

        /** Whether something other than ReplicaCmeks still tells which keys were used. */
        private boolean tells() {
            Workgroup workgroup = workgroup();
            return workgroup == null ? bucketKey() != null : record(workgroup) != null || bucketTells(workgroup);
        }

        /** Whether nothing would tell any more which keys were used. */
        private boolean isLossTooMuch(Workgroup workgroup) {
            return !usedKeys(workgroup).isEmpty() && !bucketTells(workgroup);
        }

        private boolean isMoveTooMuch(Workgroup workgroup, @Nullable String next) {
            return record(workgroup) == null
                    && !usedKeys(workgroup).isEmpty()
                    && !Objects.equals(region(workgroup), next);
        }

        private Set<String> usedKeys(Workgroup workgroup) {
            var used = new TreeSet<>(
                    writtenFor.getOrDefault(workgroup.getMetadata().getUid(), Set.of()));
            SecondaryCmek record = record(workgroup);
            if (record != null) {
                used.add(record.dataBucketKeyID());
            }
            return used;
        }

        /** A bucket proves only the region that the Workgroup asks for: one that is asked for elsewhere is not read. */
        private boolean bucketTells(Workgroup workgroup) {
            String key = bucketKey();
            return key != null
                    && KeyArn.parse(key).region().equals(region(workgroup))
                    && usedKeys(workgroup).stream().allMatch(key::equals);
        }

        private boolean isWipeTooMuch(Workgroup workgroup) {
            SecondaryCmek record = record(workgroup);
            return isLossTooMuch(workgroup)
                    && replicas().stream()
                            .noneMatch(r -> record != null
                                    && r.getMetadata().getName().equals(record.name())
                                    && !r.isMarkedForDeletion()
                                    && r.getStatus() != null
                                    && r.getStatus().wasEnabled());
        }

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
            Workgroup workgroup = Objects.requireNonNull(workgroup());
            if (!hasRulesOfTheApiServer || isAllowed(workgroup, replication)) {
                world.cluster.edit(
                        ORDERS,
                        spec -> CoreWorld.with(spec, spec.policyManagement(), spec.deletionPolicy(), replication));
            }
        }

        /** The rules at the root of the CRD; its fixtures show that they say this. */
        private static boolean isAllowed(Workgroup old, @Nullable Replication next) {
            SecondaryCmek record = record(old);
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
    }

    private static ReplicaCmek replica(String name, KeyArn key) {
        return replica(name, key, key.region().equals("us-west-2") ? BUCKET : "europe-data");
    }

    private static ReplicaCmek replica(String name, KeyArn key, String bucket) {
        ReplicaCmek replica = CoreWorld.replica(name, "orders", key);
        ReplicaCmekSpec spec = replica.getSpec();
        replica.setSpec(new ReplicaCmekSpec(
                spec.workgroupRef(),
                spec.region(),
                spec.dataBucketKeyID(),
                null,
                new Buckets(bucket, null, null),
                null,
                "Managed",
                "Retain"));
        return replica;
    }

    /** Something that means little, but is another generation. */
    private static WorkgroupSpec edited(WorkgroupSpec spec) {
        return CoreWorld.with(
                spec,
                spec.policyManagement(),
                "Retain".equals(spec.deletionPolicy()) ? "Release" : "Retain",
                spec.replication());
    }

    private static ReplicaCmekSpec edited(ReplicaCmekSpec spec) {
        return new ReplicaCmekSpec(
                spec.workgroupRef(),
                spec.region(),
                spec.dataBucketKeyID(),
                spec.backupBucketKeyID(),
                spec.buckets(),
                spec.volumes(),
                spec.policyManagement(),
                "Retain".equals(spec.deletionPolicy()) ? "Release" : "Retain");
    }
}
