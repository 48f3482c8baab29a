package io.cmek.operator.simulator;

import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.BucketController;
import io.cmek.operator.awscontrol.BucketJudge;
import io.cmek.operator.awscontrol.KeyController;
import io.cmek.operator.awscontrol.KeyJudge;
import io.cmek.operator.awscontrol.WorkQueue;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.cluster.StorageClassReconciler;
import io.cmek.operator.controller.Dispatch;
import io.cmek.operator.controller.DueReconciliations;
import io.cmek.operator.controller.EventRecorder;
import io.cmek.operator.controller.Informers;
import io.cmek.operator.controller.Judge;
import io.cmek.operator.controller.LastWrittenStatusCache;
import io.cmek.operator.controller.LiveRequestsReader;
import io.cmek.operator.controller.ReconcileResult;
import io.cmek.operator.controller.ResourceController;
import io.cmek.operator.controller.StatusBuilder;
import io.cmek.operator.controller.StatusResync;
import io.cmek.operator.controller.StatusWriter;
import io.cmek.operator.controller.Steps;
import io.cmek.operator.controller.StorageClassStep;
import io.cmek.operator.controller.UnreadableReporter;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.ResourceSelector;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** One process of the operator, wired as the program is. What waits for a port is a coroutine. */
final class SimulatedProcess {

    private static final Duration RESYNC = Duration.ofSeconds(5);

    private final SimulatedWorld world;
    private final RequestIndex index;
    private final Resources resources;
    private final ResourceController controller;
    private final WorkQueue<AwsItem> queue;
    private final AwsControllers controllers;
    private final StatusResync resync;
    private final DueReconciliations dueReconciliations;
    private final Informers.OfKind workgroups;
    private final Informers.OfKind replicas;
    private final Informers.OfClasses classes;
    private long nextResync;

    /** Resources that are due, in the order of their events. */
    private final Set<ResourceRef> due = new LinkedHashSet<>();

    private final TreeMap<ResourceRef, Long> timers = new TreeMap<>();
    private final TreeMap<ResourceRef, Integer> failures = new TreeMap<>();
    private final Set<ResourceRef> reconciling = new TreeSet<>();

    SimulatedProcess(SimulatedWorld world) {
        this.world = world;
        nextResync = world.ticker.nanos() + RESYNC.toNanos();
        var written = new LastWrittenStatusCache();
        index = new RequestIndex(world.authorization);
        resources = new Resources(
                index, Optional.empty(), ResourceSelector.ALL, r -> written.isLast(r, Resources.statusOf(r)));
        var steps = new Steps();
        dueReconciliations = new DueReconciliations(world.ticker, due::add);
        var keyJudge = new KeyJudge(world.merge, SimulatedWorld.FACTS_MAX_AGE);
        var events = new EventRecorder(world.cluster, Runnable::run, "a-pod", world.clock, world.random);
        var publisher =
                new StorageClassReconciler(world.cluster, WriteListener.NONE, world.ticker, world.clock, world.random);
        queue = new WorkQueue<>(AwsItem::partition, world.ticker, () -> {});
        var keys = new KeyController(
                world.kms,
                index,
                new LiveRequestsReader(
                        world.cluster, () -> world.authorization, Optional.empty(), ResourceSelector.ALL),
                world.merge,
                new KeyController.Settings(SimulatedWorld.POLL, SimulatedWorld.FACTS_MAX_AGE, true),
                world.ticker,
                world.clock,
                world.random,
                WriteListener.NONE,
                events,
                key -> Dispatch.keyChanged(key, index, queue::add, this::trigger));
        var buckets = new BucketController(
                world.s3,
                index,
                keys,
                keyJudge,
                new BucketController.Settings(SimulatedWorld.POLL, SimulatedWorld.FACTS_MAX_AGE),
                world.ticker,
                world.clock,
                world.random,
                WriteListener.NONE,
                events,
                bucket -> Dispatch.bucketChanged(bucket, index, this::trigger));
        controllers = new AwsControllers(queue, keys, buckets, world.random);
        classes = new Informers.OfClasses(world.cluster, world.ticker, Duration.ofMillis(5), this::classChanged);
        controller = new ResourceController(
                resources,
                new Judge(
                        index,
                        keyJudge,
                        new BucketJudge(SimulatedWorld.FACTS_MAX_AGE),
                        keys,
                        buckets,
                        SimulatedWorld.FACTS_MAX_AGE),
                new StatusBuilder(world.merge, index, world.clock),
                new StatusWriter(written, world.cluster, steps, events, success -> {}, world.ticker, world.random),
                world.cluster,
                new StorageClassStep(
                        resources,
                        name -> Optional.ofNullable(classes.find(name))
                                .map(StorageClassReconciler::read)
                                .orElse(null),
                        publisher,
                        world.cluster,
                        events,
                        steps),
                steps,
                dueReconciliations,
                new ResourceController.Settings(SimulatedWorld.FACTS_MAX_AGE),
                world.ticker,
                world.clock);
        var dispatch = new Dispatch(resources, controllers, controller, this::trigger);
        resync = new StatusResync(resources, new UnreadableReporter(events), dueReconciliations, lagging -> {});
        workgroups = informer("Workgroup", dispatch);
        replicas = informer("ReplicaCmek", dispatch);
    }

    private Informers.OfKind informer(String kind, Dispatch dispatch) {
        return new Informers.OfKind(
                kind,
                world.cluster,
                world.ticker,
                Informers.passingOn(kind, dispatch, due::add),
                world::lag,
                Duration.ZERO,
                0);
    }

    private Informers.OfKind of(ResourceRef id) {
        return id.kind().equals("Workgroup") ? workgroups : replicas;
    }

    private void trigger(ResourceRef id) {
        dueReconciliations.accept(id);
    }

    private void classChanged(StorageClass storageClass) {
        StorageClassReconciler.read(storageClass)
                .owner()
                .filter(owner -> NotUnderstood.mayBeReconciled(of(owner).find(owner)))
                .ifPresent(due::add);
    }

    // -- the dispatcher of the operator SDK

    /** Begins the reconciliation of the first resource that is due and is not being reconciled. */
    private boolean reconcileNext() {
        List.copyOf(timers.keySet()).stream()
                .filter(id -> timers.get(id) - world.ticker.nanos() <= 0)
                .forEach(id -> {
                    timers.remove(id);
                    due.add(id);
                });
        Optional<ResourceRef> next =
                due.stream().filter(id -> !reconciling.contains(id)).findFirst();
        next.ifPresent(id -> {
            due.remove(id);
            if (of(id).find(id).isPresent()) {
                reconciling.add(id);
                world.kernel.spawn(this, () -> reconcile(id));
            }
        });
        return next.isPresent();
    }

    private void reconcile(ResourceRef id) {
        try {
            ReconcileResult result = controller.reconcile(id);
            failures.remove(id);
            timers.remove(id);
            result.again().ifPresent(delay -> timers.put(id, world.ticker.nanos() + delay.toNanos()));
        } catch (RuntimeException e) {
            // As the operator SDK does: it is retried ever more slowly.
            int times = failures.merge(id, 1, Integer::sum);
            timers.put(
                    id,
                    world.ticker.nanos()
                            + Duration.ofSeconds(1L << Math.min(times, 6)).toNanos());
        }
        reconciling.remove(id);
    }

    /** Begins the turn at the next key or bucket. */
    private boolean workNext() {
        Optional<AwsControllers.Work> next = controllers.next();
        next.ifPresent(work -> world.kernel.spawn(this, work));
        return next.isPresent();
    }

    private boolean resyncNext() {
        if (world.ticker.nanos() - nextResync < 0) {
            return false;
        }
        nextResync = world.ticker.nanos() + RESYNC.toNanos();
        world.kernel.spawn(this, resync::run);
        return true;
    }

    /** What this process may do now, each of which says whether it did something. The usual one is first. */
    List<BooleanSupplier> turns() {
        return List.of(
                workgroups::tellNext,
                replicas::tellNext,
                classes::tellNext,
                this::reconcileNext,
                this::workNext,
                this::resyncNext);
    }

    Stream<Duration> untilNext() {
        boolean isDue = due.stream().anyMatch(id -> !reconciling.contains(id));
        return Stream.of(
                        workgroups.untilNext(),
                        replicas.untilNext(),
                        classes.untilNext(),
                        isDue ? Optional.of(Duration.ZERO) : Optional.<Duration>empty(),
                        timers.values().stream().min(Long::compare).map(this::until),
                        controllers.untilNext(),
                        Optional.of(until(nextResync)))
                .flatMap(Optional::stream);
    }

    private Duration until(long at) {
        return Duration.ofNanos(Math.max(0, at - world.ticker.nanos()));
    }
}
