package io.cmek.operator.cluster;

import io.cmek.operator.awscontrol.Backoff;
import io.cmek.operator.awscontrol.RepairTimer;
import io.cmek.operator.awscontrol.RetryTimer;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.condition.Text;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.VolumeUse;
import io.cmek.operator.storageclass.Repair;
import io.cmek.operator.storageclass.StorageClassPlan;
import io.cmek.operator.storageclass.StorageClassPlan.Create;
import io.cmek.operator.storageclass.StorageClassPlan.KeepAway;
import io.cmek.operator.storageclass.StorageClassPlan.Nothing;
import io.cmek.operator.storageclass.StorageClassPlan.Refuse;
import io.cmek.operator.storageclass.StorageClassPlan.Remembered;
import io.cmek.operator.storageclass.StorageClassPlan.Replace;
import io.cmek.operator.storageclass.StorageClassResult;
import io.cmek.operator.storageclass.StorageClassSpec;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Creates the StorageClass of a resource, repairs drift, and deletes the StorageClass with the resource.
 *
 * <p>It repairs only the fields that decide about encryption, by replacing the StorageClass, and each field at most twice an hour. After that the field
 * is contested: the reconciler deletes the StorageClass and does not recreate it for a while ({@code Contested}), because a pending volume does less
 * harm than a volume under another key. Other differences stay, and the message names them.
 *
 * <p>Thread-safe, except that calls for the same resource must not run concurrently.
 */
public final class StorageClassReconciler {

    /** The label by which the informers select the StorageClasses of the operator. */
    public static final String MANAGED_BY = StorageClassSpec.MANAGED_BY;

    public static final String OPERATOR = StorageClassSpec.OPERATOR;
    public static final String OWNER_KIND = StorageClassSpec.OWNER_KIND;
    public static final String OWNER_NAMESPACE = StorageClassSpec.OWNER_NAMESPACE;
    public static final String OWNER_NAME = StorageClassSpec.OWNER_NAME;

    private static final Logger LOG = Logger.getLogger(StorageClassReconciler.class);

    /** The field managers under which the operator creates StorageClasses. */
    private static final Set<String> OURS = Set.of(OPERATOR, "fabric8-kubernetes-client");

    private static final String READ = "read";
    private static final String CREATED = "created";
    private static final String DELETED = "deleted";

    /** Number of failures in a row after which the failure counts as permanent and the message asks for user action. */
    private static final int LASTING = 3;

    private static final int ROUNDS = 3;
    private static final int MAX_LIST = 160;

    /** Recheck interval for a StorageClass without the labels that the informers select: it triggers no events. */
    private static final Duration UNWATCHED = Duration.ofMinutes(2);

    /** Recheck interval while another owner's StorageClass has the name: the informers do not watch it. */
    private static final Duration OF_ANOTHER = Duration.ofSeconds(5);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);

    /** Backoff for deleting a contested StorageClass that another client keeps recreating. */
    private static final Duration FIRST_REMOVAL_DELAY = Duration.ofSeconds(10);

    private static final Duration MAX_REMOVAL_DELAY = Duration.ofMinutes(5);

    /** Added to requeue delays, so that a timer has certainly expired at the next reconciliation. */
    private static final Duration MARGIN = Duration.ofMillis(50);

    /** Tolerance for the skew between ticker and clock, so that it does not change the time in a message. */
    private static final Duration SAME_TIME = Duration.ofSeconds(5);

    private final StorageClassApi api;
    private final WriteListener observer;
    private final Ticker ticker;
    private final Clock clock;
    private final Backoff retries;
    private final Backoff removalDelays;

    private final Map<ResourceRef, State> states = new ConcurrentHashMap<>();

    /** Deleted resources whose repair counters still apply, oldest first. */
    private final Queue<Forgotten> forgotten = new ConcurrentLinkedQueue<>();

    /** @param random for the jitter; thread-safe if several threads use this reconciler */
    public StorageClassReconciler(
            StorageClassApi api, WriteListener observer, Ticker ticker, Clock clock, RandomGenerator random) {
        this.api = api;
        this.observer = observer;
        this.ticker = ticker;
        this.clock = clock;
        this.retries = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.removalDelays = new Backoff(FIRST_REMOVAL_DELAY, MAX_REMOVAL_DELAY, random);
    }

    /**
     * The last written status.
     *
     * @param published whether it names the StorageClass
     */
    public record Before(boolean published) {

        public static final Before NOTHING = new Before(false);
    }

    /**
     * A dispute with another writer over a StorageClass.
     *
     * @param repairs the repairs that did not last
     * @param by the last writer, as an addition to a sentence; empty if not known
     */
    private record Contest(Set<Repair> repairs, String by) {}

    /** @param at when the resource was deleted, by the ticker */
    private record Forgotten(ResourceRef owner, long at) {}

    /** The in-memory state for the StorageClass of one resource. */
    private final class State {

        /** The rate limit of repairs. */
        final RepairLimit<Repair> repairs;

        /** The backoff of deletions of a contested StorageClass. */
        final RepairTimer removals;

        final Retry writes = new Retry();

        /** Separate from the writes: a failed creation must not delay the deletion. */
        final Retry withdrawals = new Retry();

        @Nullable
        Contest contest;

        /** The StorageClass was observed as desired, so that a missing one counts as drift. */
        boolean known;

        /** The operator deleted the StorageClass to recreate it, so that its absence does not count as drift. */
        boolean deletedByUs;

        /** The plan whose write got no response: the next read shows whether it succeeded. */
        @Nullable
        StorageClassPlan unanswered;

        /** Drift that is not repaired yet. The first report stays; later ones describe the same drift. */
        @Nullable
        DriftRepair drift;

        /** The time at which the message announces the recreation. */
        @Nullable
        Instant madeAgainAt;

        /** The time at which the message announces the deletion. */
        @Nullable
        Instant deletedAt;

        /** Set if the resource is deleted. */
        final @Nullable Forgotten gone;

        State() {
            this(new RepairLimit<>(Repair.class, ticker), new RepairTimer(removalDelays, ticker), null);
        }

        private State(RepairLimit<Repair> repairs, RepairTimer removals, @Nullable Forgotten gone) {
            this.repairs = repairs;
            this.removals = removals;
            this.gone = gone;
        }

        /** A new state that keeps only the counters of repairs and deletions. */
        State counts(@Nullable Forgotten gone) {
            return new State(repairs, removals, gone);
        }

        boolean isOver() {
            return repairs.isOver() && removals.times() == 0;
        }

        Remembered remembered(Before before) {
            return new Remembered(
                    before.published(),
                    known,
                    deletedByUs,
                    contest == null ? Set.of() : contest.repairs(),
                    Stream.of(Repair.values())
                            .filter(repair -> repairs.left(Set.of(repair)).isPositive())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }

        void deleted(Set<Repair> putBack) {
            repairs.count(putBack);
            deletedByUs = true;
        }
    }

    /** The retry state of a kind of request. */
    private final class Retry {

        private final RetryTimer timer = new RetryTimer(ticker);
        private @Nullable ConditionResult why;

        /** The condition result of the last failure while its backoff runs; otherwise empty. */
        Optional<ConditionResult> backoffResult() {
            return timer.isOver() ? Optional.empty() : Optional.ofNullable(why);
        }

        /** The number of failures in a row. */
        int failures() {
            return timer.failures();
        }

        ConditionResult failed(ConditionResult because) {
            timer.failed(retries);
            why = because;
            return because;
        }

        void succeeded() {
            timer.succeeded();
            why = null;
        }

        /** Time until the retry; empty without a failure. */
        Optional<Duration> pause() {
            return timer.failures() == 0
                    ? Optional.empty()
                    : Optional.of(timer.left().plus(MARGIN));
        }
    }

    /** A failed request to the API server. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String done;

        /** @param done the participle of the failed action, for the message */
        Failed(String done, KubernetesClientException cause) {
            super(cause);
            this.done = done;
        }

        ApiServerError error() {
            return ApiServerError.of((KubernetesClientException) getCause());
        }
    }

    /**
     * Reconciles the StorageClass of a resource.
     *
     * @param seen the StorageClass of this name in the cache; null if there is none
     * @param waitsFor the end of a sentence that names a prerequisite of the creation; empty if there is none. The CSI driver fails silently on a key
     *     that it cannot use
     * @param repairs receives repaired drift
     */
    public StorageClassResult publish(
            ResourceRef owner,
            VolumeUse use,
            @Nullable StorageClassSpec seen,
            Optional<String> waitsFor,
            Before before,
            Consumer<DriftRepair> repairs) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        State state = state(owner);
        if (isInPlace(desired, seen)) {
            return inPlace(state, desired, Objects.requireNonNull(seen), repairs);
        }
        Optional<ConditionResult> failedLately = state.writes.backoffResult();
        if (failedLately.isPresent()) {
            return failed(state, failedLately.get());
        }
        try {
            Optional<StorageClassResult> done = apply(state, desired, seen != null, waitsFor, before, repairs);
            if (done.isPresent()) {
                state.writes.succeeded();
                return done.get();
            }
            return failed(
                    state,
                    state.writes.failed(
                            ConditionResult.pending("Another client changed the StorageClass " + desired.name()
                                    + " each time the operator was about to write it. The operator retries.")));
        } catch (Failed e) {
            return failed(state, failed(state.writes, desired.name(), e, effect(e)));
        }
    }

    /**
     * Reports the state of the StorageClass from the cache; writes nothing.
     *
     * @param hold the reason why the operator must not write now, as the end of a sentence
     */
    public StorageClassResult inspect(ResourceRef owner, VolumeUse use, @Nullable StorageClassSpec seen, String hold) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        if (isInPlace(desired, seen)) {
            state(owner).known = true;
            return inPlace(desired, Objects.requireNonNull(seen));
        }
        return StorageClassResult.of(ConditionResult.pending("The StorageClass " + desired.name()
                + " differs from the spec, and the operator does not repair it: " + hold + "."));
    }

    /** Whether the cached StorageClass is as desired, so that there is nothing to write. */
    public static boolean isInPlace(ResourceRef owner, VolumeUse use, StorageClassSpec seen) {
        return isInPlace(StorageClassSpec.desired(owner, use), seen);
    }

    private static boolean isInPlace(StorageClassSpec desired, @Nullable StorageClassSpec seen) {
        return StorageClassPlan.of(desired, seen, Remembered.NOTHING) instanceof Nothing;
    }

    private static String effect(Failed failure) {
        return switch (failure.done) {
            case DELETED -> "Until it is deleted, its new volumes are not encrypted with the key of this resource.";
            case READ -> "The operator does not know whether its volumes are encrypted with the key of this resource.";
            default -> "PersistentVolumeClaims that name it stay Pending until it exists.";
        };
    }

    /** @return empty after a conflict with another client in every round */
    private Optional<StorageClassResult> apply(
            State state,
            StorageClassSpec desired,
            boolean isThere,
            Optional<String> waitsFor,
            Before before,
            Consumer<DriftRepair> repairs) {
        String name = desired.name();
        // Read from the API server: the cache can lack our last write, and a stale read must not lead to a deletion.
        StorageClass current = isThere || state.contest != null || state.unanswered != null ? read(name) : null;
        if (current == null && state.unanswered instanceof Replace(Set<Repair> putBack)) {
            state.deleted(putBack);
        }
        for (int round = 0; round < ROUNDS; round++) {
            Remembered remembered = state.remembered(before);
            StorageClassPlan plan = StorageClassPlan.of(desired, current == null ? null : read(current), remembered);
            if (!(plan instanceof Nothing)) {
                state.unanswered = null;
            }
            switch (plan) {
                case Nothing(StorageClassSpec spec) -> {
                    return Optional.of(inPlace(state, desired, spec, repairs));
                }
                case Refuse(ConditionResult why) -> {
                    state.drift = null;
                    return Optional.of(new StorageClassResult(why, OF_ANOTHER));
                }
                case KeepAway(Set<Repair> inVain) -> {
                    Contest contest = current != null
                            ? new Contest(inVain, lastWriter(current))
                            : Objects.requireNonNullElseGet(state.contest, () -> new Contest(inVain, ""));
                    return Optional.of(contested(state, desired, contest, current));
                }
                case Replace(Set<Repair> putBack) -> {
                    StorageClass other = Objects.requireNonNull(current);
                    found(state, plan.drift(name, remembered, lastWriter(other)));
                    if (write(state, plan, () -> delete(other))) {
                        state.deleted(putBack);
                        current = null;
                    } else {
                        current = read(name);
                    }
                }
                case Create(Set<Repair> putBack) -> {
                    if (waitsFor.isPresent()) {
                        return Optional.of(StorageClassResult.of(ConditionResult.ofFalse(
                                Reason.WaitingForKey,
                                "The operator creates the StorageClass " + name + " when " + waitsFor.get() + ".")));
                    }
                    found(state, plan.drift(name, remembered, ""));
                    Optional<StorageClass> made = write(state, plan, () -> create(desired));
                    if (made.isPresent()) {
                        state.repairs.count(putBack);
                        return Optional.of(made(state, desired, made.get(), repairs));
                    }
                    // The cache was stale: the StorageClass exists, perhaps with another owner. Report its current
                    // state.
                    state.drift = null;
                    current = read(name);
                }
            }
        }
        return Optional.empty();
    }

    private static void found(State state, Optional<DriftRepair> drift) {
        if (state.drift == null) {
            state.drift = drift.orElse(null);
        }
    }

    /** Sends the write, and keeps its plan while the outcome is unknown. */
    private static <T> T write(State state, StorageClassPlan plan, Supplier<T> request) {
        state.unanswered = plan;
        try {
            T answer = request.get();
            state.unanswered = null;
            return answer;
        } catch (Failed e) {
            if (e.error().isRefusal()) {
                state.unanswered = null;
            }
            throw e;
        }
    }

    /** Checks the created StorageClass, because a mutating admission webhook can change it. */
    private StorageClassResult made(
            State state, StorageClassSpec desired, StorageClass made, Consumer<DriftRepair> repairs) {
        Set<Repair> differences = desired.decisiveDifferences(read(made));
        if (differences.isEmpty()) {
            DriftRepair putBack = state.drift;
            StorageClassResult result = inPlace(state, desired, read(made), repairs);
            notifyOf(putBack, repairs);
            return result;
        }
        var contest = new Contest(differences, " by an admission policy or webhook during the creation");
        state.contest = contest;
        state.deletedByUs = false;
        return contested(state, desired, contest, delete(made) ? null : made);
    }

    private void notifyOf(@Nullable DriftRepair putBack, Consumer<DriftRepair> repairs) {
        if (putBack != null) {
            observer.repaired(putBack);
            repairs.accept(putBack);
        }
    }

    /**
     * Reports a contested StorageClass, and deletes it if it does not encrypt with the key of the resource.
     *
     * @param other the existing StorageClass with other encryption; null if there is none
     */
    private StorageClassResult contested(
            State state, StorageClassSpec desired, Contest contest, @Nullable StorageClass other) {
        String name = desired.name();
        state.contest = contest;
        boolean isThere = other != null;
        if (other != null && state.removals.left().isZero()) {
            isThere = !delete(other);
            state.removals.repaired();
        }
        Duration again = state.repairs.left(contest.repairs());
        Duration removal = state.removals.left();
        state.madeAgainAt = reported(state.madeAgainAt, again);
        state.deletedAt = reported(state.deletedAt, removal);
        String what = contest.repairs().equals(Set.of(Repair.MISSING))
                ? "Another client deleted the StorageClass " + name + " each time the operator created it."
                : "The StorageClass " + name + " gets another "
                        + list(contest.repairs().stream()
                                .filter(repair -> repair != Repair.MISSING)
                                .map(Repair::field))
                        + " each time the operator creates it"
                        + (contest.by().isEmpty() ? "." : ": it was changed" + contest.by() + ".");
        String now = isThere
                ? " It exists again, and the operator deletes it at " + state.deletedAt.truncatedTo(ChronoUnit.SECONDS)
                        + ": its volumes would not be encrypted with the key of this resource."
                : " It stays deleted, so that no volume gets another key. PersistentVolumeClaims that name it stay Pending.";
        String remedy =
                " Find the client that changes it (admission policies, webhooks, GitOps tools), and exempt StorageClasses with the label "
                        + OWNER_NAME + "."
                        + (again.isPositive()
                                ? " The operator creates it again at "
                                        + state.madeAgainAt.truncatedTo(ChronoUnit.SECONDS) + ", or after a restart."
                                : " The operator creates it once more.");
        Duration next = again.isPositive() ? again : FIRST_RETRY;
        return new StorageClassResult(
                ConditionResult.ofFalse(Reason.Contested, Text.message(what + now + remedy)),
                (isThere && removal.compareTo(next) < 0 ? removal : next).plus(MARGIN));
    }

    /** The end of a delay, by the clock. Returns the time reported before if it is still right, so that the message is stable. */
    private Instant reported(@Nullable Instant before, Duration left) {
        Instant at = clock.instant().plus(left);
        return before != null && Duration.between(before, at).abs().compareTo(SAME_TIME) < 0 ? before : at;
    }

    private StorageClassResult inPlace(
            State state, StorageClassSpec desired, StorageClassSpec current, Consumer<DriftRepair> repairs) {
        DriftRepair putBack = null;
        if (state.unanswered instanceof Create(Set<Repair> made)) {
            state.repairs.count(made);
            putBack = state.drift;
        }
        state.known = true;
        state.writes.succeeded();
        state.drift = null;
        state.contest = null;
        state.deletedByUs = false;
        state.unanswered = null;
        notifyOf(putBack, repairs);
        return inPlace(desired, current);
    }

    private static StorageClassResult inPlace(StorageClassSpec desired, StorageClassSpec current) {
        String name = desired.name();
        List<String> differences = desired.differences(current);
        String message = "Volumes of the StorageClass " + name + " are encrypted with "
                + desired.parameters().get("kmsKeyId") + "."
                + (differences.isEmpty()
                        ? ""
                        : " It differs from the spec in " + list(differences.stream())
                                + ". The operator leaves that as it is. To have it created again: kubectl delete storageclass "
                                + name + ".");
        boolean isWatched = Stream.of(MANAGED_BY, OWNER_KIND, OWNER_NAMESPACE, OWNER_NAME)
                .allMatch(label -> Objects.equals(
                        desired.labels().get(label), current.labels().get(label)));
        return new StorageClassResult(
                ConditionResult.ofTrue(Reason.VolumesEncrypted, Text.message(message)), isWatched ? null : UNWATCHED);
    }

    private static String list(Stream<String> names) {
        return Text.line(names.sorted().collect(Collectors.joining(", ")), MAX_LIST);
    }

    private static ConditionResult failed(Retry retry, String name, Failed failure, String effect) {
        ApiServerError error = failure.error();
        String message = "The StorageClass " + name + " was not " + failure.done + ": " + error.words() + ". " + effect
                + " The operator retries.";
        boolean lasts = error.isRefusal() || retry.failures() + 1 >= LASTING;
        if (retry.failures() == 0) {
            LOG.warn(Text.message(message));
        }
        return retry.failed(
                lasts
                        ? ConditionResult.ofFalse(
                                Reason.WriteDenied,
                                Text.message(message
                                        + " Give the operator its permissions on StorageClasses (the chart's ClusterRole), or exempt"
                                        + " StorageClasses with the label " + OWNER_NAME
                                        + " from the admission policy or webhook."))
                        : ConditionResult.pending(Text.message(message)));
    }

    private static StorageClassResult failed(State state, ConditionResult why) {
        return new StorageClassResult(why, state.writes.pause().orElse(null));
    }

    /** The field manager of the last write, as an addition to a sentence; empty if that is the operator or not known. */
    private static String lastWriter(StorageClass storageClass) {
        return storageClass.getMetadata().getManagedFields() == null
                ? ""
                : storageClass.getMetadata().getManagedFields().stream()
                        .filter(entry -> entry.getTime() != null && entry.getManager() != null)
                        // Times have a resolution of 1 s. On a tie the other manager wrote last: otherwise there would
                        // be no difference.
                        .max(Comparator.comparing(ManagedFieldsEntry::getTime)
                                .thenComparing(entry -> !OURS.contains(entry.getManager())))
                        .filter(entry -> !OURS.contains(entry.getManager()))
                        .map(entry -> " by '" + Text.line(entry.getManager(), 60) + "' at " + entry.getTime())
                        .orElse("");
    }

    /**
     * Deletes the StorageClass of a resource that is being deleted. Existing volumes do not need it.
     *
     * @return why the StorageClass still exists; empty if it does not exist or has another owner
     */
    public Optional<ConditionResult> withdraw(ResourceRef owner) {
        String name = VolumeUse.storageClassName(owner);
        State state = state(owner);
        state.drift = null;
        Optional<ConditionResult> failedLately = state.withdrawals.backoffResult();
        if (failedLately.isPresent()) {
            return failedLately;
        }
        try {
            for (int round = 0; round < ROUNDS; round++) {
                StorageClass current = read(name);
                if (current == null || !read(current).owner().equals(Optional.of(owner)) || delete(current)) {
                    forget(owner);
                    return Optional.empty();
                }
            }
            return Optional.of(
                    state.withdrawals.failed(ConditionResult.pending("Another client changed the StorageClass " + name
                            + " each time the operator was about to delete it. The operator retries.")));
        } catch (Failed e) {
            return Optional.of(failed(state.withdrawals, name, e, "The resource stays until it is deleted."));
        }
    }

    /** Time until the retry of a failed deletion; empty without a failure. */
    public Optional<Duration> pause(ResourceRef owner) {
        return Optional.ofNullable(states.get(owner)).flatMap(state -> state.withdrawals.pause());
    }

    /**
     * Evicts the state of a deleted resource. The repair counters stay until they have expired, so that recreating the resource does not reset the
     * limit.
     */
    public void forget(ResourceRef owner) {
        states.computeIfPresent(owner, (o, state) -> {
            if (state.isOver()) {
                return null;
            }
            if (state.gone != null) {
                return state;
            }
            var gone = new Forgotten(owner, ticker.nanos());
            forgotten.add(gone);
            return state.counts(gone);
        });
        evict();
    }

    private State state(ResourceRef owner) {
        evict();
        return states.compute(
                owner, (o, state) -> state == null ? new State() : state.gone == null ? state : state.counts(null));
    }

    /** Removes counters that are older than the window of the rate limit. */
    private void evict() {
        long now = ticker.nanos();
        for (Forgotten oldest = forgotten.peek();
                oldest != null && now - oldest.at() >= RepairLimit.WINDOW.toNanos();
                oldest = forgotten.peek()) {
            Forgotten gone = oldest;
            forgotten.remove(gone);
            states.computeIfPresent(gone.owner(), (o, state) -> state.gone == gone ? null : state);
        }
    }

    /** Whether there is no state at all: for tests of the eviction. */
    boolean isEmpty() {
        return states.isEmpty() && forgotten.isEmpty();
    }

    private @Nullable StorageClass read(String name) {
        return request(READ, () -> api.get(name));
    }

    /** @return empty if a StorageClass of this name exists */
    private Optional<StorageClass> create(StorageClassSpec desired) {
        return request(CREATED, () -> {
            try {
                return Optional.of(api.create(write(desired)));
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                return Optional.empty();
            }
        });
    }

    /** @return false after a conflict: the StorageClass was changed or recreated since it was read */
    private boolean delete(StorageClass current) {
        return request(DELETED, () -> {
            try {
                api.delete(current);
                return true;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                return false;
            }
        });
    }

    private static <T extends @Nullable Object> T request(String done, Supplier<T> request) {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw new Failed(done, e);
        }
    }

    private static StorageClass write(StorageClassSpec spec) {
        return new StorageClassBuilder()
                .withNewMetadata()
                .withName(spec.name())
                .withLabels(spec.labels())
                .endMetadata()
                .withProvisioner(spec.provisioner())
                .withParameters(spec.parameters())
                .withReclaimPolicy(spec.reclaimPolicy())
                .withVolumeBindingMode(spec.volumeBindingMode())
                .withAllowVolumeExpansion(spec.allowVolumeExpansion())
                .build();
    }

    /** Reads the fields that the operator manages. */
    public static StorageClassSpec read(StorageClass storageClass) {
        return new StorageClassSpec(
                storageClass.getMetadata().getName(),
                Objects.requireNonNullElse(storageClass.getMetadata().getLabels(), Map.of()),
                storageClass.getProvisioner(),
                Objects.requireNonNullElse(storageClass.getParameters(), Map.of()),
                Objects.requireNonNullElse(storageClass.getReclaimPolicy(), ""),
                Objects.requireNonNullElse(storageClass.getVolumeBindingMode(), ""),
                Boolean.TRUE.equals(storageClass.getAllowVolumeExpansion()));
    }
}
