package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.BucketController;
import io.cmek.operator.awscontrol.BucketJudge;
import io.cmek.operator.awscontrol.FakeAws;
import io.cmek.operator.awscontrol.FakeKms;
import io.cmek.operator.awscontrol.FakeS3;
import io.cmek.operator.awscontrol.KeyController;
import io.cmek.operator.awscontrol.KeyJudge;
import io.cmek.operator.awscontrol.ManualTicker;
import io.cmek.operator.awscontrol.VirtualClock;
import io.cmek.operator.awscontrol.VirtualWorkers;
import io.cmek.operator.awscontrol.WorkQueue;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.cluster.StorageClassReconciler;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.ResourceSelector;
import io.cmek.operator.resource.Resources;
import io.cmek.operator.storageclass.StorageClassSpec;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole core of the operator, an API server and AWS, all in memory, on one thread and in virtual time. What comes by chance comes from the
 * seed: who has the next turn, how late informers are, and which requests fail.
 */
final class CoreWorld {

    static final String TEAM = "team-a";
    static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    /** A statement of somebody else. */
    static final String FOREIGN =
            "{\"Sid\":\"Auditors\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/audit\"},"
                    + "\"Action\":\"kms:DescribeKey\",\"Resource\":\"*\"}";

    static final Duration POLL = Duration.ofMinutes(1);
    static final Duration RESYNC = Duration.ofSeconds(5);

    /** As long as all that is due at once takes in the tests: beyond that something goes round in circles. */
    private static final int TOO_MANY_TURNS = 500_000;

    final Random random;
    final ManualTicker ticker = new ManualTicker();
    final Clock clock = new VirtualClock(ticker);
    final FakeAws aws = new FakeAws(ticker);
    final FakeKms kms;
    final FakeS3 s3 = new FakeS3(aws);
    final FakeCluster cluster = new FakeCluster(ticker, clock);
    final PolicyMerge merge = new PolicyMerge("test");
    final Authorization authorization;

    /** What the next process is started with. */
    Duration factsMaxAge = Duration.ofMinutes(5);

    Optional<String> clusterRegion = Optional.empty();
    Supplier<Duration> lag = () -> Duration.ofMillis(5);
    Duration listWorkgroupsAfter = Duration.ZERO;
    Duration listReplicasAfter = Duration.ZERO;

    /** How many changes of the history the first list of Workgroups lacks. */
    int workgroupsFromThePast;

    int replicasFromThePast;

    final List<CoreProcess> processes = new ArrayList<>();

    CoreWorld() {
        this(1);
    }

    CoreWorld(long seed) {
        this(seed, TestRequests.tenant("all", ROLE, "*", "*"));
    }

    CoreWorld(long seed, Tenant... tenants) {
        random = new Random(seed);
        kms = new FakeKms(aws, random);
        authorization = new Authorization(new Tenants(List.of(tenants)));
    }

    /** One more process of the operator begins. */
    CoreProcess start() {
        var process = new CoreProcess();
        processes.add(process);
        return process;
    }

    /** The process ends at once, and all that it had in memory is gone; another one begins. */
    CoreProcess crash() {
        processes.clear();
        return start();
    }

    /** The only process. */
    CoreProcess process() {
        return processes.getFirst();
    }

    // -- time

    private boolean workOnNext() {
        var turns = new ArrayList<BooleanSupplier>();
        for (CoreProcess process : List.copyOf(processes)) {
            turns.addAll(process.turns());
        }
        Collections.shuffle(turns, random);
        // Whoever has something to do has an equal chance; those after him have to wait.
        for (BooleanSupplier turn : turns) {
            if (turn.getAsBoolean()) {
                return true;
            }
        }
        return false;
    }

    private void workOnAll() {
        int turns = 0;
        while (workOnNext()) {
            if (turns++ > TOO_MANY_TURNS) {
                throw new AssertionError("it never ends");
            }
        }
    }

    /** So much time passes. */
    void advance(Duration time) {
        long end = ticker.nanos() + time.toNanos();
        workOnAll();
        while (ticker.nanos() != end) {
            Duration left = Duration.ofNanos(end - ticker.nanos());
            Duration step = processes.stream()
                    .flatMap(CoreProcess::untilNext)
                    .filter(Duration::isPositive)
                    .min(Duration::compareTo)
                    .filter(next -> next.compareTo(left) < 0)
                    .orElse(left);
            ticker.advance(step);
            workOnAll();
        }
    }

    /** Long enough for everything to be as it should, where nothing fails. */
    void stabilize() {
        advance(Duration.ofSeconds(3));
    }

    /** Until it is so. */
    Duration until(BooleanSupplier isSo, Duration atMost) {
        long began = ticker.nanos();
        while (!isSo.getAsBoolean()) {
            if (ticker.nanos() - began > atMost.toNanos()) {
                throw new AssertionError("not within " + atMost + ": " + cluster.all()
                        + cluster.events.stream().map(Event::getNote).toList());
            }
            advance(Duration.ofMillis(50));
        }
        return Duration.ofNanos(ticker.nanos() - began);
    }

    // -- the objects

    static KeyArn key(int n) {
        return key("us-east-1", n);
    }

    static KeyArn key(String region, int n) {
        return KeyArn.parse("arn:aws:kms:%s:111122223333:key/00000000-0000-0000-0000-%012d".formatted(region, n));
    }

    /** A key that KMS has. */
    KeyArn newKey(int n) {
        kms.make(key(n));
        return key(n);
    }

    static ResourceRef id(String name) {
        return new ResourceRef("Workgroup", TEAM, name);
    }

    static ResourceRef replicaId(String name) {
        return new ResourceRef("ReplicaCmek", TEAM, name);
    }

    static Workgroup workgroup(String name, KeyArn key) {
        var workgroup = new Workgroup();
        workgroup.setMetadata(
                new ObjectMetaBuilder().withNamespace(TEAM).withName(name).build());
        workgroup.setSpec(new WorkgroupSpec(
                "us-east-1",
                new Cmek(key.toString(), null),
                new Buckets(name + "-data", null, null),
                null,
                "Managed",
                "Retain",
                null));
        return workgroup;
    }

    static WorkgroupSpec with(
            WorkgroupSpec spec, String management, String deletion, @Nullable Replication replication) {
        return new WorkgroupSpec(
                spec.region(), spec.cmek(), spec.buckets(), spec.volumes(), management, deletion, replication);
    }

    static WorkgroupSpec replicating(WorkgroupSpec spec, String region, String... databases) {
        return with(spec, spec.policyManagement(), spec.deletionPolicy(), new Replication(region, List.of(databases)));
    }

    static WorkgroupSpec release(WorkgroupSpec spec) {
        return with(spec, spec.policyManagement(), "Release", spec.replication());
    }

    static WorkgroupSpec publish(WorkgroupSpec spec) {
        return with(spec, "Publish", spec.deletionPolicy(), spec.replication());
    }

    static ReplicaCmek replica(String name, String workgroup, KeyArn key) {
        var replica = new ReplicaCmek();
        replica.setMetadata(
                new ObjectMetaBuilder().withNamespace(TEAM).withName(name).build());
        replica.setSpec(new ReplicaCmekSpec(
                new WorkgroupRef(workgroup),
                key.region(),
                key.toString(),
                null,
                new Buckets(name + "-data", null, null),
                null,
                "Managed",
                "Retain"));
        return replica;
    }

    void create(String name, KeyArn key) {
        cluster.create(workgroup(name, key));
    }

    void createReleasing(String name, KeyArn key) {
        Workgroup workgroup = workgroup(name, key);
        workgroup.setSpec(release(workgroup.getSpec()));
        cluster.create(workgroup);
    }

    // -- what there is to see

    @Nullable
    CmekStatus status(ResourceRef id) {
        return cluster.find(id).map(Resources::statusOf).orElse(null);
    }

    @Nullable
    EncryptionState encryption(ResourceRef id) {
        CmekStatus status = status(id);
        return status == null ? null : status.encryption();
    }

    boolean isEnabled(ResourceRef id) {
        CmekStatus status = status(id);
        return status != null
                && status.encryption() == EncryptionState.ENABLED
                && Objects.equals(
                        status.observedGeneration(),
                        cluster.find(id).orElseThrow().getMetadata().getGeneration());
    }

    Condition condition(ResourceRef id, String type) {
        return Objects.requireNonNull(status(id), "no status").conditions().stream()
                .filter(c -> c.type().equals(type))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no condition " + type + " in " + status(id)));
    }

    boolean exists(ResourceRef id) {
        return cluster.find(id).isPresent();
    }

    static String classOf(String name) {
        return "cmek-" + TEAM + "-" + name;
    }

    boolean hasClass(String name) {
        return cluster.storageClass(classOf(name)) != null;
    }

    /** Whether the policy of the key gives the service what a Workgroup needs. */
    boolean gives(KeyArn key) {
        String policy = kms.policy(key);
        return policy.contains("\"CmekOperatortestDataUse\"") && policy.contains(ROLE);
    }

    /** Each PutKeyPolicy after which the policy of the key does not give that any more. */
    List<Duration> denials(KeyArn key) {
        var denials = new ArrayList<Duration>();
        aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy") && item.equals(key.toString()) && !gives(key)) {
                denials.add(aws.now());
            }
        };
        return denials;
    }

    List<String> eventsAbout(ResourceRef id) {
        return cluster.events.stream()
                .filter(e -> e.getRegarding().getKind().equals(id.kind())
                        && e.getRegarding().getName().equals(id.name()))
                .map(e -> e.getReason() + ": " + e.getNote())
                .toList();
    }

    long writesTo(String name) {
        return cluster.requests.stream()
                .filter((FakeCluster.STATUS + " " + name)::equals)
                .count();
    }

    /** One process of the operator, wired as the program is. */
    final class CoreProcess {

        final RequestIndex index = new RequestIndex(authorization);
        final LastWrittenStatusCache written = new LastWrittenStatusCache();
        final Resources resources = new Resources(
                index, clusterRegion, ResourceSelector.ALL, r -> written.isLast(r, Resources.statusOf(r)));
        final Steps steps = new Steps();
        final DueReconciliations due =
                new DueReconciliations(ticker, id -> dispatcher().event(id));
        final KeyJudge keyJudge = new KeyJudge(merge, factsMaxAge);
        final StorageClassReconciler publisher;
        final KeyController keys;
        final BucketController buckets;
        final WorkQueue<AwsItem> queue = new WorkQueue<>(AwsItem::partition, ticker, () -> {});
        final AwsControllers controllers;
        final VirtualWorkers workers;
        final ResourceController controller;
        final Dispatch dispatch;
        final Dispatcher dispatcher;
        final StatusResync resync;
        final Informers.OfKind workgroups;
        final Informers.OfKind replicas;
        final Informers.OfClasses classes;

        /** Whether each status was taken. */
        final List<Boolean> statusWrites = new ArrayList<>();

        final List<Integer> lagging = new ArrayList<>();
        private long nextResync = ticker.nanos() + RESYNC.toNanos();

        /** What was put back. */
        final List<DriftRepair> repaired = new ArrayList<>();

        private final WriteListener observer = new WriteListener() {
            @Override
            public void policyWritten(KeyArn key, @Nullable AwsError failure) {}

            @Override
            public void policyConflict(KeyArn key) {}

            @Override
            public void repaired(DriftRepair drift) {
                repaired.add(drift);
            }
        };

        CoreProcess() {
            var events = new EventRecorder(cluster, Runnable::run, "a-pod", clock, random);
            publisher = new StorageClassReconciler(cluster, observer, ticker, clock, random);
            keys = new KeyController(
                    kms,
                    index,
                    new LiveRequestsReader(cluster, () -> authorization, clusterRegion, ResourceSelector.ALL),
                    merge,
                    new KeyController.Settings(POLL, factsMaxAge, true),
                    ticker,
                    clock,
                    random,
                    observer,
                    events,
                    key -> Dispatch.keyChanged(key, index, queue::add, this::trigger));
            buckets = new BucketController(
                    s3,
                    index,
                    keys,
                    keyJudge,
                    new BucketController.Settings(POLL, factsMaxAge),
                    ticker,
                    clock,
                    random,
                    observer,
                    events,
                    bucket -> Dispatch.bucketChanged(bucket, index, this::trigger));
            controllers = new AwsControllers(queue, keys, buckets, random);
            workers = new VirtualWorkers(controllers, queue, ticker);
            classes = new Informers.OfClasses(cluster, ticker, Duration.ofMillis(5), this::classChanged);
            controller = new ResourceController(
                    resources,
                    new Judge(index, keyJudge, new BucketJudge(factsMaxAge), keys, buckets, factsMaxAge),
                    new StatusBuilder(merge, index, clock),
                    new StatusWriter(written, cluster, steps, events, statusWrites::add, ticker, random),
                    cluster,
                    new StorageClassStep(
                            resources,
                            name -> Optional.ofNullable(classes.find(name))
                                    .map(StorageClassReconciler::read)
                                    .orElse(null),
                            publisher,
                            cluster,
                            events,
                            steps),
                    steps,
                    due,
                    new ResourceController.Settings(factsMaxAge),
                    ticker,
                    clock);
            dispatch = new Dispatch(resources, controllers, controller, this::trigger);
            dispatcher = new Dispatcher(controller::reconcile, this::isKnown, ticker, random);
            resync = new StatusResync(resources, new UnreadableReporter(events), due, lagging::add);
            workgroups = informer("Workgroup", listWorkgroupsAfter, workgroupsFromThePast);
            replicas = informer("ReplicaCmek", listReplicasAfter, replicasFromThePast);
        }

        private Informers.OfKind informer(String kind, Duration listAfter, int past) {
            return new Informers.OfKind(
                    kind,
                    cluster,
                    ticker,
                    Informers.passingOn(kind, dispatch, dispatcher::event),
                    lag,
                    listAfter,
                    past);
        }

        private Informers.OfKind of(ResourceRef id) {
            return id.kind().equals("Workgroup") ? workgroups : replicas;
        }

        private boolean isKnown(ResourceRef id) {
            return of(id).find(id).isPresent();
        }

        private void trigger(ResourceRef id) {
            due.accept(id);
        }

        private void classChanged(StorageClass storageClass) {
            StorageClassSpec spec = StorageClassReconciler.read(storageClass);
            spec.owner()
                    .filter(owner -> NotUnderstood.mayBeReconciled(of(owner).find(owner)))
                    .ifPresent(dispatcher::event);
        }

        private Dispatcher dispatcher() {
            return dispatcher;
        }

        private List<BooleanSupplier> turns() {
            return List.of(
                    workgroups::tellNext,
                    replicas::tellNext,
                    classes::tellNext,
                    dispatcher::workOnNext,
                    workers::workOnNext,
                    this::resync);
        }

        private boolean resync() {
            if (ticker.nanos() - nextResync < 0) {
                return false;
            }
            nextResync = ticker.nanos() + RESYNC.toNanos();
            resync.run();
            return true;
        }

        private Stream<Duration> untilNext() {
            return Stream.of(
                            workgroups.untilNext(),
                            replicas.untilNext(),
                            classes.untilNext(),
                            dispatcher.untilNext(),
                            workers.untilNext(),
                            Optional.of(Duration.ofNanos(Math.max(0, nextResync - ticker.nanos()))))
                    .flatMap(Optional::stream);
        }

        /** What is kept of resources, keys and buckets, by who keeps it; nothing where all are gone. */
        List<String> kept() {
            Map<String, Boolean> empty = new TreeMap<>(Map.of(
                    "controller", controller.isEmpty(),
                    "written statuses", written.isEmpty(),
                    "steps", steps.isEmpty(),
                    "due reconciliations", due.isEmpty(),
                    "index", io.cmek.operator.index.Kept.isNothing(index),
                    "resources", resources.all().isEmpty(),
                    "publisher", io.cmek.operator.cluster.Published.isNothing(publisher),
                    "keys and buckets", VirtualWorkers.isEmpty(keys, buckets, queue)));
            return empty.entrySet().stream()
                    .filter(e -> !e.getValue())
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }
}
