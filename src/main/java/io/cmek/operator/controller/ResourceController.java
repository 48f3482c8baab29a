package io.cmek.operator.controller;

import static io.cmek.operator.controller.ReconcileResult.again;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.controller.StatusWriter.Stored;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import io.cmek.operator.storageclass.StorageClassSpec;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The controller of both kinds of resource. It computes condition results from caches and snapshots, writes StorageClass and status, and removes the
 * finalizer of a deleted resource. It never calls AWS and never waits for it.
 *
 * <p>The dispatcher runs one reconciliation of a resource at a time.
 */
public final class ResourceController {

    /** Requeue delay while the cached copy is older than the last write. */
    static final Duration OUTDATED_RETRY = Duration.ofMillis(200);

    /** Requeue delay for a resource that must be skipped for now. */
    static final Duration LEFT_ALONE_RETRY = Duration.ofSeconds(5);

    /** How long a new resource waits for its first AWS reads before the status reports that they are missing. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The same wait while AWS has not answered any call of this process. */
    static final Duration SILENCE = Duration.ofSeconds(5);

    private static final String RELEASED =
            "The resource is being deleted, and what it alone needed was taken back from the key policies.";

    /** @param factsMaxAge how long a read is relied upon while later reads fail */
    public record Settings(Duration factsMaxAge) {}

    /** When the wait for the first AWS reads began: monotonic for scheduling, wall clock for the status. */
    private record Waiting(long ticks, Instant at) {}

    private final Resources resources;
    private final Judge judge;
    private final StatusBuilder statuses;
    private final StatusWriter writer;
    private final ClusterApi api;
    private final StorageClassStep volumes;
    private final Steps steps;
    private final DueReconciliations due;
    private final Settings settings;
    private final Ticker ticker;
    private final Clock clock;
    private final WorkgroupKind workgroups;
    private final ReplicaCmekKind replicas;

    /** By uid. */
    private final Map<String, Waiting> waiting = new ConcurrentSkipListMap<>();

    public ResourceController(
            Resources resources,
            Judge judge,
            StatusBuilder statuses,
            StatusWriter writer,
            ClusterApi api,
            StorageClassStep volumes,
            Steps steps,
            DueReconciliations due,
            Settings settings,
            Ticker ticker,
            Clock clock) {
        this.resources = resources;
        this.judge = judge;
        this.statuses = statuses;
        this.writer = writer;
        this.api = api;
        this.volumes = volumes;
        this.steps = steps;
        this.due = due;
        this.settings = settings;
        this.ticker = ticker;
        this.clock = clock;
        this.workgroups = new WorkgroupKind(resources, api, steps, clock);
        this.replicas = new ReplicaCmekKind(resources, api, steps);
    }

    /** Reconciles the resource of that name from caches and snapshots, and writes its status. */
    public ReconcileResult reconcile(ResourceRef id) {
        due.began(id);
        try {
            ReconcileResult result = result(id);
            result.again().ifPresent(delay -> due.dueIn(id, delay));
            return result;
        } catch (RuntimeException e) {
            due.dueIn(id, DueReconciliations.AFTER_FAILURE);
            throw e;
        }
    }

    private ReconcileResult result(ResourceRef id) {
        if (!resources.isSynced()) {
            return again(OUTDATED_RETRY);
        }
        StoredResource resource = resources.find(id).orElse(null);
        return resource == null ? ReconcileResult.DONE : reconcile(resource);
    }

    private ReconcileResult reconcile(StoredResource resource) {
        try {
            return switch (resource) {
                case Workgroup workgroup -> new Reconciliation<>(workgroups, workgroup).run();
                case ReplicaCmek replica -> new Reconciliation<>(replicas, replica).run();
            };
        } finally {
            // The resource may have been deleted meanwhile. Its delete event came before this state was added, so
            // nothing else evicts it.
            if (!isThere(resource)) {
                forget(resource);
            }
        }
    }

    private boolean isThere(StoredResource resource) {
        return resources
                .find(Resources.idOf(resource))
                .filter(known -> known.getMetadata()
                        .getUid()
                        .equals(resource.getMetadata().getUid()))
                .isPresent();
    }

    /** Evicts the state of a deleted resource. */
    public void forget(StoredResource gone) {
        ResourceRef id = Resources.idOf(gone);
        String uid = gone.getMetadata().getUid();
        writer.forget(uid);
        waiting.remove(uid);
        // Steps are kept by name. A new resource of the same name at most logs one failure twice.
        steps.forget(id);
        if (resources.find(id).isEmpty()) {
            volumes.forget(id);
            due.forget(id);
        }
    }

    /** Whether the controller keeps no state: for tests of its eviction. */
    boolean isEmpty() {
        return waiting.isEmpty() && writer.isEmpty() && steps.isEmpty();
    }

    /** One reconciliation of one resource. */
    private final class Reconciliation<R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> {

        private final Kind<R, S> kind;
        private final R resource;
        private final ResourceRef id;
        private final Instant now = clock.instant();
        private final List<Duration> retries = new ArrayList<>();
        private Stored<S> stored;

        private boolean hasAddedFinalizer;

        /** Why the resource has no finalizer, as a sentence's end; null where it has one or will get one. */
        private @Nullable String unguarded;

        Reconciliation(Kind<R, S> kind, R resource) {
            this.kind = kind;
            this.resource = resource;
            this.id = Resources.idOf(resource);
            this.stored = new Stored<>(resource.getMetadata().getResourceVersion(), resource.getStatus());
        }

        ReconcileResult run() {
            if (!NotUnderstood.isReadable(resource)) {
                return ReconcileResult.DONE;
            }
            if (writer.isNewerThan(resource)) {
                return again(OUTDATED_RETRY);
            }
            if (resource.isMarkedForDeletion() && !hasFinalizer()) {
                return ReconcileResult.DONE;
            }
            try {
                return reconcile();
            } catch (KubernetesClientException e) {
                if (Steps.isStale(e)) {
                    // The result is based on a stale copy.
                    return again(OUTDATED_RETRY);
                }
                throw e;
            }
        }

        private ReconcileResult reconcile() {
            addFinalizer();
            if (kind.isLeftAlone(resource)) {
                return again(LEFT_ALONE_RETRY);
            }
            EncryptionRequest request = resources.requestOf(resource);
            if (stored.status() == null) {
                Kind.Addition<S> addition = kind.addition(resource, other -> false);
                report(addition.status(first(judge.initialResult(request), addition)));
            }
            return resource.isMarkedForDeletion() ? cleanUp(request) : keepUp(request, Optional.empty());
        }

        /** Adds the finalizer before any other write. If that fails, the operator writes nothing but the status, which reports it. */
        private void addFinalizer() {
            if (resource.isMarkedForDeletion() || hasFinalizer()) {
                return;
            }
            hasAddedFinalizer = steps.run(
                    id,
                    "the addition of its finalizer",
                    () -> {
                        stored = new Stored<>(api.addFinalizer(resource, stored.version()), stored.status());
                        return true;
                    },
                    why -> {
                        retries.add(Steps.RETRY);
                        unguarded = "the addition of its finalizer " + ClusterApi.FINALIZER + " " + why;
                        return false;
                    });
        }

        private boolean hasFinalizer() {
            return hasAddedFinalizer
                    || resource.getMetadata().getFinalizers() != null
                            && resource.getMetadata().getFinalizers().contains(ClusterApi.FINALIZER);
        }

        /** @param held why the resource stays although it is being deleted */
        private ReconcileResult keepUp(EncryptionRequest request, Optional<ConditionResult> held) {
            boolean isUnderstood = kind.notUnderstood(resource).isEmpty();
            Judge.Judged judged = judge.judge(request, isUnderstood, now);
            RequestResult result = judged.result();
            if (judged.isAnswered()) {
                waiting.remove(request.uid());
            } else {
                Waiting since = waiting.computeIfAbsent(request.uid(), uid -> new Waiting(ticker.nanos(), now));
                Duration left = patience().minusNanos(ticker.nanos() - since.ticks());
                if (left.isPositive()) {
                    held.ifPresent(why -> reportLeaving(request, Map.of(ConditionType.Deletable, why)));
                    return done(left);
                }
                if (!judged.isRead()) {
                    result = result.with(result.unreadable().unansweredSince(since.at()));
                }
            }
            if (judged.isServed()) {
                StorageClassSpec there = volumes.find(request);
                result = judge.withImpact(
                        result.with(volumes.publish(resource, result, there, hasFinalizer())),
                        there != null && there.owner().equals(Optional.of(request.id())));
            }
            Kind.Addition<S> addition = kind.addition(resource, other -> judge.canPinKeys(other, now));
            addition.again().ifPresent(retries::add);
            report(addition.status(next(result, addition, held, isUnderstood)));
            result.requeueAfter(now).ifPresent(retries::add);
            return done();
        }

        /** A process that may restart before AWS answers must still report the problem in time. */
        private Duration patience() {
            return judge.keys().hasAnswer() ? PATIENCE : SILENCE;
        }

        private StatusBuilder.Parts next(
                RequestResult result, Kind.Addition<S> addition, Optional<ConditionResult> held, boolean isUnderstood) {
            var blindness = new Blindness(stored.status(), now, settings.factsMaxAge());
            Blindness.Since unreadable = blindness.since(result);
            unreadable.again().ifPresent(retries::add);
            Optional<Duration> stands =
                    blindness.statusStands(result, resource.getMetadata().getGeneration());
            if (stands.isPresent()) {
                retries.add(stands.get());
                // Only conditions that depend on AWS keep their old value. Those that depend on other resources are
                // known.
                return keeping(
                        result.request(),
                        held.map(why -> Map.of(ConditionType.Deletable, why)).orElseGet(Map::of),
                        Map.of(),
                        unreadable.since(),
                        addition);
            }
            if (!isUnderstood && stored.status() != null && !result.isWrong()) {
                return keeping(result.request(), result.seen(held), Map.of(), unreadable.since(), addition);
            }
            var more = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
            more.putAll(addition.results());
            held.ifPresent(why -> more.put(ConditionType.Deletable, why));
            ConditionResult policy = result.results().get(ConditionType.PolicyApplied);
            if (unguarded != null && policy != null && policy.reason() == Reason.Pending) {
                more.put(
                        ConditionType.PolicyApplied,
                        ConditionResult.pending("Nothing is written for the resource: " + unguarded + "."));
            }
            return statuses.parts(resource, stored.status(), result, unreadable.since(), more);
        }

        private StatusBuilder.Parts first(RequestResult result, Kind.Addition<S> addition) {
            return statuses.parts(resource, null, result, null, addition.results());
        }

        /** Cleans up a resource that is being deleted. It stays while another resource needs it or while access or a StorageClass of it remains. */
        private ReconcileResult cleanUp(EncryptionRequest request) {
            Optional<ConditionResult> held = kind.holds(resource);
            if (held.isPresent()) {
                retries.add(Steps.RETRY);
                return keepUp(request, held);
            }
            Optional<Obstacle> obstacle = Obstacle.ofRelease(request, resources.index(), judge.keys())
                    .or(() -> volumes.withdraw(resource, request));
            if (obstacle.isPresent()) {
                reportLeaving(request, obstacle.get().results());
                return done(obstacle.get().retry());
            }
            return steps.run(
                    id,
                    "the removal of its finalizer",
                    () -> {
                        api.removeFinalizer(resource, stored.version());
                        return ReconcileResult.DONE;
                    },
                    why -> {
                        reportLeaving(
                                request,
                                Map.of(
                                        ConditionType.Deletable,
                                        ConditionResult.pending("The resource stays while the removal of its finalizer "
                                                + ClusterApi.FINALIZER + " " + why + ".")));
                        return done(Steps.RETRY);
                    });
        }

        /** Writes only the results of its keys and the given conditions. */
        private void reportLeaving(EncryptionRequest request, Map<ConditionType, ConditionResult> reported) {
            S status = stored.status();
            if (status == null) {
                // The API server refused the first status, and a retry follows. Until then there is no status to
                // update.
                return;
            }
            var news = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
            var unready = new TreeMap<KeyArn, KeyEncryptionState>();
            Map<KeyArn, ConditionResult> usable = judge.usable(request, now);
            if (!usable.isEmpty()) {
                news.put(ConditionType.KeysUsable, ConditionResult.worst(usable.values()));
            }
            List<KeyArn> released = Obstacle.released(request, resources.index(), judge.keys());
            if (!released.isEmpty()) {
                news.put(ConditionType.PolicyApplied, ConditionResult.pending(RELEASED));
            }
            released.forEach(key -> unready.put(key, KeyEncryptionState.PENDING));
            usable.forEach((key, result) -> {
                if (!result.isTrue()) {
                    unready.put(key, KeyEncryptionState.FAILED);
                }
            });
            news.putAll(reported);
            Kind.Addition<S> addition = kind.addition(resource, other -> false);
            report(addition.status(keeping(request, news, unready, status.awsUnreadableSince(), addition)));
        }

        private StatusBuilder.Parts keeping(
                EncryptionRequest request,
                Map<ConditionType, ConditionResult> reported,
                Map<KeyArn, KeyEncryptionState> unready,
                @Nullable String awsUnreadableSince,
                Kind.Addition<S> addition) {
            var news = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
            news.putAll(reported);
            news.putAll(addition.results());
            return statuses.keeping(
                    resource,
                    Objects.requireNonNull(stored.status()),
                    request,
                    news,
                    unready,
                    awsUnreadableSince,
                    addition.ownTypes());
        }

        private void report(S next) {
            StatusWriter.Outcome<S> outcome = writer.write(resource, kind.empty(), stored, next);
            stored = outcome.stored();
            outcome.again().ifPresent(retries::add);
        }

        private ReconcileResult done(Duration... more) {
            return ReconcileResult.earliest(Stream.concat(retries.stream(), Stream.of(more)));
        }
    }
}
