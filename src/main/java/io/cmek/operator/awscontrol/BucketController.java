package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.awscontrol.Observation.Known;
import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketPlan;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.bucket.BucketWrites;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.BucketRequests;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.tenancy.Tenant;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The controller of S3 buckets. It reads a bucket, plans, encrypts or creates the bucket, and publishes a {@link BucketSnapshot}. It writes only for
 * the request that holds the bucket, and only while the bucket's key is ready.
 *
 * <p>The work queue ensures that only one worker at a time works on a bucket.
 */
public final class BucketController implements BucketSnapshot.Source {

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);
    private static final Duration FIRST_REPAIR_DELAY = Duration.ofSeconds(2);
    private static final Duration MAX_REPAIR_DELAY = Duration.ofMinutes(5);

    /** A turn that leaves work requeues the bucket behind those that wait. */
    private static final Duration SHORTEST = Duration.ofMillis(50);

    /**
     * @param pollInterval between two reads of a bucket
     * @param factsMaxAge how long the last good read stays valid while reads fail
     */
    public record Settings(Duration pollInterval, Duration factsMaxAge) {}

    private final BucketService service;
    private final RequestIndex index;
    private final KeySnapshot.Source keys;
    private final KeyJudge keyJudge;
    private final Settings settings;
    private final Ticker ticker;
    private final Clock clock;
    private final RandomGenerator random;
    private final WriteListener observer;
    private final ControllerEvents events;

    private final Map<AwsItem.Bucket, State> states = new ConcurrentSkipListMap<>();
    private final Snapshots<AwsItem.Bucket, BucketSnapshot> snapshots;
    private final Map<AwsItem.Bucket, Boolean> refreshes = new ConcurrentSkipListMap<>();

    /** Controller state of one bucket. */
    private final class State {

        Observation<BucketFacts> facts = Observation.never();
        final Poll poll = new Poll(settings.pollInterval(), ticker, random);
        final RetryTimer writes = new RetryTimer(ticker);
        final RepairTimer repairs = new RepairTimer(new Backoff(FIRST_REPAIR_DELAY, MAX_REPAIR_DELAY, random), ticker);

        @Nullable
        ConditionResult notApplied;

        /** The last encryption that a read or write showed in place. Null before that. */
        @Nullable
        Encryption applied;

        /** What the holder's status had recorded when the bucket was last read. */
        @Nullable
        Encryption recordedAtRead;

        final DriftTracker<Encryption> drift = new DriftTracker<>();

        @Nullable
        String plannedFor;

        boolean keyReady;

        /** The operator created the bucket, and has not yet made it private and encrypted it. */
        boolean unfinished;
    }

    /** @param changed called with each bucket whose snapshot has changed in content */
    public BucketController(
            BucketService service,
            RequestIndex index,
            KeySnapshot.Source keys,
            KeyJudge keyJudge,
            Settings settings,
            Ticker ticker,
            Clock clock,
            RandomGenerator random,
            WriteListener observer,
            ControllerEvents events,
            Consumer<AwsItem.Bucket> changed) {
        this.service = service;
        this.index = index;
        this.keys = keys;
        this.keyJudge = keyJudge;
        this.settings = settings;
        this.ticker = ticker;
        this.clock = clock;
        this.random = random;
        this.observer = observer;
        this.events = events;
        this.snapshots = new Snapshots<>((snapshot, now) -> snapshot.says(now, settings.factsMaxAge()), changed);
    }

    @Override
    public BucketSnapshot of(AwsItem.Bucket bucket) {
        return Objects.requireNonNullElse(snapshots.find(bucket), BucketSnapshot.NEVER);
    }

    /** Reads the bucket at its next turn. */
    public void refresh(AwsItem.Bucket bucket) {
        refreshes.put(bucket, true);
    }

    /** Works on a bucket. The caller is its only worker. */
    WorkResult work(AwsItem.Bucket bucket) {
        BucketRequests bucketRequests = index.onBucket(bucket.name());
        if (!bucketRequests.readers().contains(new BucketRequests.Reader(bucket.identity(), bucket.region()))) {
            states.remove(bucket);
            snapshots.remove(bucket);
            refreshes.remove(bucket);
            return WorkResult.FORGOTTEN;
        }
        State state = states.computeIfAbsent(bucket, b -> new State());
        if (refreshes.remove(bucket) != null) {
            state.poll.refreshNow();
        }
        var work = new Work(bucket, state);
        if (state.poll.isDue()) {
            work.read();
        }
        // The requests may have changed during the read.
        Optional<EncryptionRequest> holder = holder(bucket);
        if (holder.isEmpty()) {
            state.plannedFor = null;
            state.notApplied = null;
        } else if (!work.timedOut) {
            work.apply(holder.get());
        }
        work.publish();
        return new WorkResult(work.outcome(), Optional.of(work.next()));
    }

    /** The request that holds the bucket, if these credentials are the ones to write with. */
    private Optional<EncryptionRequest> holder(AwsItem.Bucket bucket) {
        BucketRequests bucketRequests = index.onBucket(bucket.name());
        return bucketRequests
                .holder()
                .filter(request -> request.region().equals(bucket.region()))
                .filter(request -> bucketRequests.holderIdentity().equals(Optional.of(bucket.identity())));
    }

    /** With what the holder's status has recorded the bucket as in place, by whichever process; null where it has not. */
    private @Nullable Encryption recorded(EncryptionRequest holder, AwsItem.Bucket bucket) {
        Encryption recorded = index.lastApplied(holder.uid()).buckets().get(bucket.name());
        return recorded != null
                        && holder.buckets().stream()
                                .filter(use -> use.name().equals(bucket.name()))
                                .anyMatch(use -> BucketPlan.isInPlace(recorded, use.key()))
                ? recorded
                : null;
    }

    /** Whether no state of any bucket is left. For tests of eviction. */
    boolean isEmpty() {
        return states.isEmpty() && snapshots.isEmpty() && refreshes.isEmpty();
    }

    /** One turn at one bucket. */
    private final class Work {

        private final AwsItem.Bucket bucket;
        private final State state;
        private boolean timedOut;
        private boolean called;

        Work(AwsItem.Bucket bucket, State state) {
            this.bucket = bucket;
            this.state = state;
        }

        void read() {
            Encryption recorded =
                    holder(bucket).map(holder -> recorded(holder, bucket)).orElse(null);
            AwsResult<BucketFacts> answer = call(
                    "s3:GetBucketEncryption", () -> service.inspect(bucket.identity(), bucket.region(), bucket.name()));
            state.facts = state.facts.then(answer, clock.instant());
            if (answer instanceof AwsResult.Success<BucketFacts>) {
                state.recordedAtRead = recorded;
            }
            state.poll.done(answer instanceof AwsResult.Error<BucketFacts>);
        }

        Outcome outcome() {
            return timedOut ? Outcome.TIMED_OUT : called ? Outcome.ANSWERED : Outcome.NOT_CALLED;
        }

        private <T> AwsResult<T> call(String operation, Supplier<AwsResult<T>> call) {
            called = true;
            AwsResult<T> answer = GuardedCall.of(operation, bucket, call);
            if (answer instanceof AwsResult.Error<T>(AwsError failure) && failure.isTimeOut()) {
                timedOut = true;
            }
            return answer;
        }

        void apply(EncryptionRequest holder) {
            BucketUse use = holder.buckets().stream()
                    .filter(b -> b.name().equals(bucket.name()))
                    .findFirst()
                    .orElseThrow();
            Tenant tenant = index.authorization().tenantOf(holder).orElseThrow();
            state.keyReady = keyJudge.judge(holder, use.key(), tenant, keys.of(use.key()), clock.instant())
                    .result()
                    .isReady();
            if (!holder.uid().equals(state.plannedFor)) {
                // Drift belongs to the previous holder.
                state.drift.drop();
            }
            state.plannedFor = holder.uid();
            // After a failed write the bucket may be half done, or another account may have taken its name.
            if (state.writes.failures() > 0 && state.writes.isOver() && state.facts.failure() == null) {
                read();
            }
            Encryption recorded = recorded(holder, bucket);
            if (state.applied == null
                    && state.facts.failure() == null
                    && !Objects.equals(recorded, state.recordedAtRead)) {
                // Another process has recorded it since. What was read before that is no evidence of drift.
                read();
            }
            if (!(state.facts.at(clock.instant(), settings.factsMaxAge())
                    instanceof Known.Fresh<BucketFacts>(BucketFacts facts))) {
                state.notApplied = null;
                return;
            }
            BucketPlan plan = BucketPlan.of(use, bucket.region(), facts);
            Encryption before = state.applied == null ? recorded : state.applied;
            boolean isEvidence = state.applied != null || Objects.equals(recorded, state.recordedAtRead);
            if (!state.drift.isOpen() && isEvidence) {
                BucketPlan.change(use, plan, before).map(this::drift).ifPresent(state.drift::found);
            }
            switch (plan) {
                case BucketPlan.Nothing(Encryption encryption) -> {
                    state.applied = encryption;
                    reportRepair(holder, encryption, false);
                    state.notApplied = null;
                    // The operator made it private before it encrypted it, even if the response to that was lost.
                    state.unfinished = false;
                    state.writes.succeeded();
                }
                case BucketPlan.Refuse(ConditionResult why) -> {
                    state.drift.drop();
                    state.notApplied = null;
                    state.writes.succeeded();
                }
                case BucketPlan.Encrypt _, BucketPlan.Create _ -> {
                    if (state.keyReady && !timedOut) {
                        write(holder, use, plan);
                    }
                }
            }
        }

        private void write(EncryptionRequest holder, BucketUse use, BucketPlan plan) {
            Duration pause = state.drift.isOpen() ? state.repairs.left() : Duration.ZERO;
            if (pause.isPositive()) {
                state.notApplied = changedBack(use, plan, state.repairs.notBefore());
                return;
            }
            if (!state.writes.isOver()) {
                return;
            }
            if (state.facts.failure() != null) {
                // Do not write to what cannot be read. The poll continues to read.
                state.notApplied = ConditionResult.readFailed(use.label(), state.facts.failure(), state.facts.seenAt());
                return;
            }
            var writes = new BucketWrites(
                    service,
                    bucket.identity(),
                    bucket.region(),
                    use,
                    state.unfinished,
                    () -> state.unfinished = true,
                    () -> holder(bucket).map(EncryptionRequest::uid).equals(Optional.of(holder.uid())));
            AwsResult<Encryption> answer = call("s3:PutBucketEncryption", () -> switch (plan) {
                case BucketPlan.Encrypt encrypt -> writes.encrypt(encrypt);
                default -> writes.create();
            });
            switch (answer) {
                case AwsResult.Success<Encryption>(Encryption encryption) -> {
                    state.writes.succeeded();
                    state.unfinished = false;
                    state.notApplied = null;
                    state.applied = encryption;
                    state.facts = Observation.seen(new BucketFacts.Present(encryption), clock.instant());
                    reportRepair(holder, encryption, true);
                    reportLeftovers(holder, "The bucket stays, encrypted with " + use.key() + ".");
                }
                case AwsResult.Error<Encryption>(AwsError failure) -> {
                    if (failure instanceof AwsError.Unavailable || state.unfinished) {
                        // S3 may have completed the request, or part of it.
                        reportLeftovers(holder, "The bucket stays, if S3 created it.");
                        state.drift.answerLost(now -> use.key().toString().equals(now.kmsKeyId()));
                    }
                    state.writes.failed(new Backoff(FIRST_RETRY, MAX_RETRY, random));
                    state.notApplied = notWritten(use, failure);
                }
            }
        }

        private void reportRepair(EncryptionRequest holder, Encryption now, boolean byUs) {
            state.drift.closed(now, byUs).ifPresent(drift -> {
                state.repairs.repaired(clock.instant());
                observer.repaired(drift);
                events.repaired(holder, drift);
            });
        }

        /** The resource may have been deleted, without its finalizer, during the S3 calls. */
        private void reportLeftovers(EncryptionRequest holder, String what) {
            if (index.find(holder.uid()).isEmpty()) {
                events.leftBehind(
                        holder,
                        "While the operator encrypted the bucket " + bucket.name() + ", the resource was deleted. "
                                + what);
            }
        }

        /** Another writer changes the bucket back each time. */
        private ConditionResult changedBack(BucketUse use, BucketPlan plan, Instant notBefore) {
            int times = state.repairs.times();
            return ConditionResult.pending(use.label()
                    + (plan instanceof BucketPlan.Encrypt
                            ? " is not encrypted with " + use.key()
                                    + ", because its default encryption was changed again"
                            : " was deleted again")
                    + " after the operator had restored it "
                    + (times == 1 ? "once" : times + " times")
                    + ". The next repair is at " + notBefore.truncatedTo(ChronoUnit.SECONDS)
                    + ". CloudTrail shows who changes it (PutBucketEncryption, DeleteBucketEncryption, DeleteBucket).");
        }

        private DriftRepair drift(BucketPlan.Change change) {
            Instant foundAt = Objects.requireNonNullElseGet(state.facts.seenAt(), clock::instant);
            return new DriftRepair(
                    DriftRepair.What.BUCKET,
                    change.found() + " " + DriftRepair.when(state.facts.changedAfter(), foundAt) + " " + change.done(),
                    change.lossy());
        }

        private ConditionResult notWritten(BucketUse use, AwsError failure) {
            String message = use.label() + " was not encrypted: " + failure.detail() + ".";
            return switch (failure) {
                case AwsError.Denied denied ->
                    ConditionResult.ofFalse(
                            Reason.WriteDenied,
                            message
                                    + " Allow the operator's role s3:PutEncryptionConfiguration, and s3:CreateBucket"
                                    + " if buckets.provisioning is Create.");
                case AwsError.Rejected rejected -> ConditionResult.ofFalse(Reason.WriteDenied, message);
                case AwsError.Throttled throttled ->
                    ConditionResult.ofUnknown(Reason.Throttled, message + " The operator retries.");
                case AwsError.NotFound gone ->
                    ConditionResult.ofUnknown(Reason.AwsUnavailable, message + " The operator retries.");
                case AwsError.Unavailable unavailable ->
                    ConditionResult.ofUnknown(Reason.AwsUnavailable, message + " The operator retries.");
            };
        }

        void publish() {
            var snapshot = new BucketSnapshot(state.facts, state.plannedFor, state.keyReady, state.notApplied);
            snapshots.publish(bucket, snapshot, clock.instant());
        }

        Duration next() {
            Stream<Duration> write = state.notApplied == null || !state.keyReady
                    ? Stream.empty()
                    : Stream.of(
                            state.writes.left().compareTo(state.repairs.left()) > 0
                                    ? state.writes.left()
                                    : state.repairs.left());
            // While the bucket cannot be read, only the poll schedules work: no write is due.
            return Stream.concat(
                            Stream.of(state.poll.left()),
                            state.facts.failure() == null ? write : Stream.<Duration>empty())
                    .min(Duration::compareTo)
                    .filter(left -> left.compareTo(SHORTEST) > 0)
                    .orElse(SHORTEST);
        }
    }
}
