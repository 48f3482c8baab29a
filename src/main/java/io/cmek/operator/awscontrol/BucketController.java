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
 * The controller of S3 buckets: it reads a bucket, plans, encrypts it or makes it, and publishes a {@link BucketSnapshot}. It writes only for the
 * request to which the bucket belongs, and only while the bucket's key is ready for it.
 *
 * <p>Only one worker at a time may work on a bucket; that is the work queue's part.
 */
public final class BucketController implements BucketSnapshot.Source {

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);
    private static final Duration FIRST_REPAIR_DELAY = Duration.ofSeconds(2);
    private static final Duration MAX_REPAIR_DELAY = Duration.ofMinutes(5);

    /** A turn that leaves something due is followed by another, after those that wait. */
    private static final Duration SHORTEST = Duration.ofMillis(50);

    /**
     * @param pollInterval between two reads of a bucket
     * @param factsMaxAge how long a read is relied upon while reads fail
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

    /** What the worker of one bucket remembers. */
    private final class State {

        Observation<BucketFacts> facts = Observation.never();
        final Poll poll = new Poll(settings.pollInterval(), ticker, random);
        final RetryTimer writes = new RetryTimer(ticker);
        final RepairTimer repairs = new RepairTimer(new Backoff(FIRST_REPAIR_DELAY, MAX_REPAIR_DELAY, random), ticker);

        @Nullable
        ConditionResult notApplied;

        /** The encryption that was seen in place last; null before that. */
        @Nullable
        Encryption applied;

        final DriftTracker<Encryption> drift = new DriftTracker<>();

        @Nullable
        String plannedFor;

        boolean keyReady;

        /** Made by us, and not private and encrypted yet. */
        boolean unfinished;
    }

    /** @param changed is told of each bucket whose snapshot says something else now */
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

    /** Has the bucket read at its next turn. */
    public void refresh(AwsItem.Bucket bucket) {
        refreshes.put(bucket, true);
    }

    /** Works on a bucket, whose worker the caller is. */
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
        // While it was read, requests may have gone and come.
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

    /** The request for which the bucket is written to by these credentials. */
    private Optional<EncryptionRequest> holder(AwsItem.Bucket bucket) {
        BucketRequests bucketRequests = index.onBucket(bucket.name());
        return bucketRequests
                .holder()
                .filter(request -> request.region().equals(bucket.region()))
                .filter(request -> bucketRequests.holderIdentity().equals(Optional.of(bucket.identity())));
    }

    /** Whether nothing is kept of any bucket: for tests of what is evicted. */
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
            AwsResult<BucketFacts> answer = call(
                    "s3:GetBucketEncryption", () -> service.inspect(bucket.identity(), bucket.region(), bucket.name()));
            state.facts = state.facts.then(answer, clock.instant());
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
                    .assessment()
                    .isReady();
            if (!holder.uid().equals(state.plannedFor)) {
                // What was found for one holder is none of the next one's business.
                state.drift.drop();
            }
            state.plannedFor = holder.uid();
            // After a failed write the world may be another one: a bucket half made, or a name taken meanwhile.
            if (state.writes.failures() > 0 && state.writes.isOver() && state.facts.failure() == null) {
                read();
            }
            if (!(state.facts.at(clock.instant(), settings.factsMaxAge())
                    instanceof Known.Fresh<BucketFacts>(BucketFacts facts))) {
                state.notApplied = null;
                return;
            }
            BucketPlan plan = BucketPlan.of(use, bucket.region(), facts);
            Encryption before = state.applied == null
                    ? index.lastApplied(holder.uid()).buckets().get(use.name())
                    : state.applied;
            if (!state.drift.isOpen()) {
                BucketPlan.change(use, plan, before).map(this::drift).ifPresent(state.drift::found);
            }
            switch (plan) {
                case BucketPlan.Nothing(Encryption encryption) -> {
                    state.applied = encryption;
                    tellWhatWasRepaired(holder, encryption, false);
                    state.notApplied = null;
                    // It was made private before it was encrypted, though the answer to that may have been lost.
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
                // Nothing is written to what cannot be read. The poll goes on reading.
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
                    tellWhatWasRepaired(holder, encryption, true);
                    tellWhatWasLeftBehind(holder, "The bucket stays, encrypted with " + use.key() + ".");
                }
                case AwsResult.Error<Encryption>(AwsError failure) -> {
                    if (failure instanceof AwsError.Unavailable || state.unfinished) {
                        // S3 may have done it all the same, or some of it.
                        tellWhatWasLeftBehind(holder, "The bucket stays, if it was made.");
                        state.drift.answerLost(now -> use.key().toString().equals(now.kmsKeyId()));
                    }
                    state.writes.failed(new Backoff(FIRST_RETRY, MAX_RETRY, random));
                    state.notApplied = notWritten(use, failure);
                }
            }
        }

        private void tellWhatWasRepaired(EncryptionRequest holder, Encryption now, boolean byUs) {
            state.drift.closed(now, byUs).ifPresent(drift -> {
                state.repairs.repaired(clock.instant());
                observer.repaired(drift);
                events.repaired(holder, drift);
            });
        }

        /** The resource may have been deleted, without its finalizer, while S3 took its time. */
        private void tellWhatWasLeftBehind(EncryptionRequest holder, String what) {
            if (index.find(holder.uid()).isEmpty()) {
                events.leftBehind(
                        holder,
                        "While the operator encrypted the bucket " + bucket.name() + ", the resource was deleted. "
                                + what);
            }
        }

        /** Somebody changes it back each time. */
        private ConditionResult changedBack(BucketUse use, BucketPlan plan, Instant notBefore) {
            int times = state.repairs.times();
            return ConditionResult.pending(
                    use.label()
                            + (plan instanceof BucketPlan.Encrypt
                                    ? " is not encrypted with " + use.key()
                                            + ", because its default encryption was changed again"
                                    : " was deleted again")
                            + " after the operator had put it back "
                            + (times == 1 ? "once" : times + " times")
                            + ". It is put back at " + notBefore.truncatedTo(ChronoUnit.SECONDS)
                            + ". Find in CloudTrail who changes it (PutBucketEncryption, DeleteBucketEncryption, DeleteBucket).");
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
                                    + " Give the operator's role s3:PutEncryptionConfiguration, and s3:CreateBucket"
                                    + " where it is to create it.");
                case AwsError.Rejected rejected -> ConditionResult.ofFalse(Reason.WriteDenied, message);
                case AwsError.Throttled throttled ->
                    ConditionResult.ofUnknown(Reason.Throttled, message + " It is repeated.");
                case AwsError.NotFound gone ->
                    ConditionResult.ofUnknown(Reason.AwsUnavailable, message + " It is repeated.");
                case AwsError.Unavailable unavailable ->
                    ConditionResult.ofUnknown(Reason.AwsUnavailable, message + " It is repeated.");
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
            // What cannot be read is written to when it can be again: by the poll.
            return Stream.concat(
                            Stream.of(state.poll.left()),
                            state.facts.failure() == null ? write : Stream.<Duration>empty())
                    .min(Duration::compareTo)
                    .filter(left -> left.compareTo(SHORTEST) > 0)
                    .orElse(SHORTEST);
        }
    }
}
