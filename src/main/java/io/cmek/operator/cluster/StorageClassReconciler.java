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
 * Publishes the StorageClass of a claim, and withdraws it when the claim goes.
 *
 * <p>Of a StorageClass that is there, only what decides encryption is put back, by a new one in its place, and each of that at most twice an
 * hour. Then somebody else is taken to want it otherwise: what would encrypt otherwise is deleted and stays away ({@code Contested}), because
 * a volume that waits does less harm than one under another key. What else differs is left as it is and named.
 *
 * <p>Several threads may call at once, but for one resource only one at a time.
 */
public final class StorageClassReconciler {

    /** The label by which the operator finds the StorageClasses that it made. */
    public static final String MANAGED_BY = StorageClassSpec.MANAGED_BY;

    public static final String OPERATOR = StorageClassSpec.OPERATOR;
    public static final String OWNER_KIND = StorageClassSpec.OWNER_KIND;
    public static final String OWNER_NAMESPACE = StorageClassSpec.OWNER_NAMESPACE;
    public static final String OWNER_NAME = StorageClassSpec.OWNER_NAME;

    private static final Logger LOG = Logger.getLogger(StorageClassReconciler.class);

    /** As whom the operator creates. */
    private static final Set<String> OURS = Set.of(OPERATOR, "fabric8-kubernetes-client");

    private static final String READ = "read";
    private static final String MADE = "made";
    private static final String DELETED = "deleted";

    /** So many failures in a row are no blip: a person should see to it. */
    private static final int LASTING = 3;

    private static final int ROUNDS = 3;
    private static final int MAX_LIST = 160;

    /** Of one that no event tells of, because it lacks the labels by which it is watched. */
    private static final Duration UNWATCHED = Duration.ofMinutes(2);

    /** Of one that belongs to somebody else, and is not watched either: the resource waits until it is gone. */
    private static final Duration OF_ANOTHER = Duration.ofSeconds(5);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);

    /** Of one that is contested: it is there again each time somebody else makes it. */
    private static final Duration FIRST_REMOVAL_DELAY = Duration.ofSeconds(10);

    private static final Duration MAX_REMOVAL_DELAY = Duration.ofMinutes(5);

    /** Who comes back does so when a delay is over for certain. */
    private static final Duration MARGIN = Duration.ofMillis(50);

    /** Ticker and clock are read one after the other, and do not run alike. A message does not change for that. */
    private static final Duration SAME_TIME = Duration.ofSeconds(5);

    private final StorageClassApi api;
    private final WriteListener observer;
    private final Ticker ticker;
    private final Clock clock;
    private final Backoff retries;
    private final Backoff removalDelays;

    private final Map<ResourceRef, State> states = new ConcurrentHashMap<>();

    /** Those whose resource is gone and whose repairs still count, in the order in which they went. */
    private final Queue<Forgotten> forgotten = new ConcurrentLinkedQueue<>();

    /** @param random for the jitter; for several threads where this is used by several */
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
     * What the last status says.
     *
     * @param published it named the StorageClass
     */
    public record Before(boolean published) {

        public static final Before NOTHING = new Before(false);
    }

    /**
     * What somebody else wants otherwise.
     *
     * @param repairs what was put back in vain
     * @param by who changed it last, as an addition to a sentence; empty where that is not known
     */
    private record Contest(Set<Repair> repairs, String by) {}

    /** @param at by the ticker */
    private record Forgotten(ResourceRef owner, long at) {}

    /** What is remembered of the StorageClass of one resource. */
    private final class State {

        /** How often it was put back. */
        final RepairLimit<Repair> repairs;

        /** Deletions of one that is contested. */
        final RepairTimer removals;

        final Retry writes = new Retry();

        /** Apart from the writes: that it could not be made is no reason to wait with its deletion. */
        final Retry withdrawals = new Retry();

        @Nullable
        Contest contest;

        /** It was seen in place, so that one that is missing is put back. */
        boolean known;

        /** The operator deleted it to make it again, so that nobody else is held to have done it. */
        boolean deletedByUs;

        /** The plan whose write got no answer: the next read shows whether it was carried out. */
        @Nullable
        StorageClassPlan unanswered;

        /** Found, and not put back yet. What is found later is what was made of it meanwhile. */
        @Nullable
        DriftRepair drift;

        /** When a message says that it is made again. */
        @Nullable
        Instant madeAgainAt;

        /** When a message says that it is deleted. */
        @Nullable
        Instant deletedAt;

        /** Where the resource is gone. */
        final @Nullable Forgotten gone;

        State() {
            this(new RepairLimit<>(Repair.class, ticker), new RepairTimer(removalDelays, ticker), null);
        }

        private State(RepairLimit<Repair> repairs, RepairTimer removals, @Nullable Forgotten gone) {
            this.repairs = repairs;
            this.removals = removals;
            this.gone = gone;
        }

        /** Only how often it was put back and removed. */
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

    /** A request that failed, and when it is repeated. */
    private final class Retry {

        private final RetryTimer timer = new RetryTimer(ticker);
        private @Nullable ConditionResult why;

        /** Why it failed, while it is too early to repeat it. */
        Optional<ConditionResult> tooEarly() {
            return timer.isOver() ? Optional.empty() : Optional.ofNullable(why);
        }

        /** How many times in a row. */
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

        /** How long until it is repeated; empty where it has not failed. */
        Optional<Duration> pause() {
            return timer.failures() == 0
                    ? Optional.empty()
                    : Optional.of(timer.left().plus(MARGIN));
        }
    }

    /** A request failed. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String done;

        /** @param done what was not done, as a participle */
        Failed(String done, KubernetesClientException cause) {
            super(cause);
            this.done = done;
        }

        ApiServerError error() {
            return ApiServerError.of((KubernetesClientException) getCause());
        }
    }

    /**
     * @param seen what the cluster has under the name as far as the cache knows, null where it has nothing
     * @param waitsFor what it is not to be made before, as a sentence's end: the CSI driver fails silently on a key that it cannot use; empty
     *     where it may be made
     * @param repairs is told of drift that was put back
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
        Optional<ConditionResult> failedLately = state.writes.tooEarly();
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
                            ConditionResult.pending(
                                    "The StorageClass " + desired.name()
                                            + " was changed by somebody else each time the operator wrote it; the write is repeated.")));
        } catch (Failed e) {
            return failed(state, failed(state.writes, desired.name(), e, effect(e)));
        }
    }

    /**
     * Only tells what is there, as far as the cache knows; writes nothing.
     *
     * @param hold why nothing may be written now, as a sentence's end
     */
    public StorageClassResult inspect(ResourceRef owner, VolumeUse use, @Nullable StorageClassSpec seen, String hold) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        if (isInPlace(desired, seen)) {
            state(owner).known = true;
            return inPlace(desired, Objects.requireNonNull(seen));
        }
        return StorageClassResult.of(ConditionResult.pending(
                "The StorageClass " + desired.name() + " is not as it should be, and waits: " + hold + "."));
    }

    /** Whether nothing is to be written, as far as the cache knows. */
    public static boolean isInPlace(ResourceRef owner, VolumeUse use, StorageClassSpec seen) {
        return isInPlace(StorageClassSpec.desired(owner, use), seen);
    }

    private static boolean isInPlace(StorageClassSpec desired, @Nullable StorageClassSpec seen) {
        return StorageClassPlan.of(desired, seen, Remembered.NOTHING) instanceof Nothing;
    }

    private static String effect(Failed failure) {
        return switch (failure.done) {
            case DELETED -> "Until it is gone, volumes of it are not under this resource's key.";
            case READ -> "Whether volumes of it are encrypted as they should be is not known.";
            default -> "Until it is made, PersistentVolumeClaims that name it wait.";
        };
    }

    /** @return empty where somebody else was faster each time */
    private Optional<StorageClassResult> apply(
            State state,
            StorageClassSpec desired,
            boolean isThere,
            Optional<String> waitsFor,
            Before before,
            Consumer<DriftRepair> repairs) {
        String name = desired.name();
        // Past the cache, which may not know yet what we wrote: nothing is deleted on an old view.
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
                                "The StorageClass " + name + " is published when " + waitsFor.get() + ".")));
                    }
                    found(state, plan.drift(name, remembered, ""));
                    Optional<StorageClass> made = write(state, plan, () -> create(desired));
                    if (made.isPresent()) {
                        state.repairs.count(putBack);
                        return Optional.of(made(state, desired, made.get(), repairs));
                    }
                    // The cache was behind: it is there already, or it is somebody else's. What it is now is what there
                    // is to tell.
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

    /** Remembers the plan until it is known whether it was carried out. */
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

    /** Admission may have changed it. */
    private StorageClassResult made(
            State state, StorageClassSpec desired, StorageClass made, Consumer<DriftRepair> repairs) {
        Set<Repair> differences = desired.decisiveDifferences(read(made));
        if (differences.isEmpty()) {
            DriftRepair putBack = state.drift;
            StorageClassResult assessment = inPlace(state, desired, read(made), repairs);
            tell(putBack, repairs);
            return assessment;
        }
        var contest = new Contest(differences, " (an admission policy or webhook, when it is created)");
        state.contest = contest;
        state.deletedByUs = false;
        return contested(state, desired, contest, delete(made) ? null : made);
    }

    private void tell(@Nullable DriftRepair putBack, Consumer<DriftRepair> repairs) {
        if (putBack != null) {
            observer.repaired(putBack);
            repairs.accept(putBack);
        }
    }

    /**
     * Tells that it is contested, and keeps away what would encrypt otherwise.
     *
     * @param other which would encrypt otherwise; null where nothing is there
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
                ? "The StorageClass " + name + " was deleted by somebody else each time the operator made it."
                : "The StorageClass " + name + " comes out with another "
                        + list(contest.repairs().stream()
                                .filter(repair -> repair != Repair.MISSING)
                                .map(Repair::field))
                        + " each time the operator makes it: something changes it back" + contest.by() + ".";
        String now = isThere
                ? " It is there again, and is deleted at " + state.deletedAt.truncatedTo(ChronoUnit.SECONDS)
                        + ": volumes of it would not be under this resource's key."
                : " It stays away, so that no volume gets another key; claims wait.";
        String remedy =
                " Find what changes it (admission policies, webhooks, GitOps tools) and exempt StorageClasses with the label "
                        + OWNER_NAME + "."
                        + (again.isPositive()
                                ? " It is made again at " + state.madeAgainAt.truncatedTo(ChronoUnit.SECONDS)
                                        + ", or when the operator is restarted."
                                : " It is made once more.");
        Duration next = again.isPositive() ? again : FIRST_RETRY;
        return new StorageClassResult(
                ConditionResult.ofFalse(Reason.Contested, Text.message(what + now + remedy)),
                (isThere && removal.compareTo(next) < 0 ? removal : next).plus(MARGIN));
    }

    /** When a delay is over, by the clock; as it was told, where it still is. */
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
        tell(putBack, repairs);
        return inPlace(desired, current);
    }

    private static StorageClassResult inPlace(StorageClassSpec desired, StorageClassSpec current) {
        String name = desired.name();
        List<String> differences = desired.differences(current);
        String message = "Volumes of the StorageClass " + name + " are encrypted with "
                + desired.parameters().get("kmsKeyId") + "."
                + (differences.isEmpty()
                        ? ""
                        : " It differs from what the resource asks for in " + list(differences.stream())
                                + ", which is left as it is; to have it made anew: kubectl delete storageclass " + name
                                + ".");
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
                + " It is tried again.";
        boolean lasts = error.isRefusal() || retry.failures() + 1 >= LASTING;
        if (retry.failures() == 0) {
            LOG.warn(Text.message(message));
        }
        return retry.failed(
                lasts
                        ? ConditionResult.ofFalse(
                                Reason.WriteDenied,
                                Text.message(message
                                        + " Give the operator its rights on StorageClasses (the chart's ClusterRole), or exempt"
                                        + " StorageClasses with the label " + OWNER_NAME + " from what refuses them."))
                        : ConditionResult.pending(Text.message(message)));
    }

    private static StorageClassResult failed(State state, ConditionResult why) {
        return new StorageClassResult(why, state.writes.pause().orElse(null));
    }

    /** Known only where it was somebody else. */
    private static String lastWriter(StorageClass storageClass) {
        return storageClass.getMetadata().getManagedFields() == null
                ? ""
                : storageClass.getMetadata().getManagedFields().stream()
                        .filter(entry -> entry.getTime() != null && entry.getManager() != null)
                        // Times are whole seconds: within one, the other came last, or nothing would differ.
                        .max(Comparator.comparing(ManagedFieldsEntry::getTime)
                                .thenComparing(entry -> !OURS.contains(entry.getManager())))
                        .filter(entry -> !OURS.contains(entry.getManager()))
                        .map(entry -> " by '" + Text.line(entry.getManager(), 60) + "' at " + entry.getTime())
                        .orElse("");
    }

    /**
     * Deletes the StorageClass of a claim that goes. Volumes that exist do not need it.
     *
     * @return why it is still there; empty where it is gone, or is not this claim's
     */
    public Optional<ConditionResult> withdraw(ResourceRef owner) {
        String name = VolumeUse.storageClassName(owner);
        State state = state(owner);
        state.drift = null;
        Optional<ConditionResult> failedLately = state.withdrawals.tooEarly();
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
            return Optional.of(state.withdrawals.failed(ConditionResult.pending("The StorageClass " + name
                    + " was changed each time the operator was about to delete it; it is tried again.")));
        } catch (Failed e) {
            return Optional.of(failed(state.withdrawals, name, e, "The resource stays until then."));
        }
    }

    /** How long until a failed deletion is tried again; empty where none failed. */
    public Optional<Duration> pause(ResourceRef owner) {
        return Optional.ofNullable(states.get(owner)).flatMap(state -> state.withdrawals.pause());
    }

    /**
     * Forgets what is remembered of the StorageClass of a resource that is gone. How often it was put back is kept until that limits nothing any
     * more: who deletes a resource and creates it again does not end a fight.
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

    /** Nothing limits for longer than the window of the limit. */
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

    /** Whether nothing is kept of any StorageClass: for tests of what is evicted. */
    boolean isEmpty() {
        return states.isEmpty() && forgotten.isEmpty();
    }

    private @Nullable StorageClass read(String name) {
        return request(READ, () -> api.get(name));
    }

    /** @return empty where there is one already */
    private Optional<StorageClass> create(StorageClassSpec desired) {
        return request(MADE, () -> {
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

    /** @return whether it is gone; not where it was changed, or exchanged for another, since it was read */
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

    /** A StorageClass of the cluster, as far as the operator cares. */
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
