package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketResult;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyResult;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.storageclass.StorageClassResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with a request after the operator did what it could: all that the status is made of.
 *
 * @param keys by ARN, one for each distinct key of the request
 * @param volumes the state of the StorageClass
 * @param unreadable what of it AWS does not let the operator read now
 */
public record RequestResult(
        EncryptionRequest request,
        ConditionResult accepted,
        Map<KeyArn, KeyResult> keys,
        List<BucketResult> buckets,
        StorageClassResult volumes,
        ReadFailures unreadable) {

    /** In place of a time that has passed. */
    private static final Duration SOONEST = Duration.ofMillis(1);

    public RequestResult {
        keys = Collections.unmodifiableMap(new TreeMap<>(keys));
        buckets = List.copyOf(buckets);
    }

    /** Nothing was read, because of what is said here. */
    public static RequestResult unseen(EncryptionRequest request, ConditionResult accepted, String why) {
        var keys = new TreeMap<KeyArn, KeyResult>();
        request.distinctKeys().forEach(key -> keys.put(key, KeyResult.pending(key, why)));
        List<BucketResult> buckets = request.buckets().stream()
                .map(use -> new BucketResult(use, null, ConditionResult.pending(why)))
                .toList();
        return new RequestResult(
                request,
                accepted,
                keys,
                buckets,
                StorageClassResult.of(ConditionResult.pending(why)),
                ReadFailures.NOTHING);
    }

    /** The same, with what is known of some of its keys, and of its buckets. */
    RequestResult with(Map<KeyArn, KeyResult> some, List<BucketResult> seen, ReadFailures unread) {
        var all = new TreeMap<>(keys);
        all.putAll(some);
        return new RequestResult(request, accepted, all, seen, volumes, unread);
    }

    RequestResult with(StorageClassResult published) {
        return new RequestResult(request, accepted, keys, buckets, published, unreadable);
    }

    RequestResult with(Map<KeyArn, KeyResult> judged) {
        return new RequestResult(request, accepted, judged, buckets, volumes, unreadable);
    }

    RequestResult with(ReadFailures unread) {
        return new RequestResult(request, accepted, keys, buckets, volumes, unread);
    }

    /** The conditions that every kind has, {@code Ready} and {@code Stalled} excepted. */
    public Map<ConditionType, ConditionResult> judgements() {
        var judgements = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
        judgements.put(ConditionType.Accepted, accepted);
        if (request.hasCmek()) {
            List<KeyResult> inOrder =
                    request.distinctKeys().stream().map(this::of).toList();
            judgements.put(
                    ConditionType.KeysUsable,
                    worst(inOrder.stream().map(KeyResult::usable).toList()));
            judgements.put(
                    ConditionType.PolicyApplied,
                    worst(inOrder.stream().map(KeyResult::policy).toList()));
            judgements.put(
                    ConditionType.AccessVerified,
                    worst(inOrder.stream().map(KeyResult::access).toList()));
            judgements.put(
                    ConditionType.BucketsEncrypted,
                    worst(buckets.stream().map(BucketResult::encrypted).toList()));
            judgements.put(ConditionType.VolumesEncrypted, volumes.encrypted());
        }
        return judgements;
    }

    private static ConditionResult worst(List<ConditionResult> judgements) {
        return ConditionResult.worst(judgements);
    }

    public KeyResult of(KeyArn key) {
        return Objects.requireNonNull(keys.get(key), () -> "no assessment of " + key);
    }

    /** Whether the data is under another key already, as that of an earlier resource of the same name is. */
    boolean isBucketUnderAnotherKey() {
        return buckets.stream()
                .filter(b -> b.use().purpose() == Purpose.Data)
                .anyMatch(b -> b.encrypted().reason() == Reason.BucketUnderAnotherKey);
    }

    /** What the StorageClass is not to be made before, as a sentence's end; empty where it may be made. */
    Optional<String> storageClassWaitsFor() {
        KeyArn key = Objects.requireNonNull(request.volumes()).key();
        if (!of(key).isReady()) {
            return Optional.of("the data key is ready");
        }
        return buckets.stream()
                .filter(b -> b.use().purpose() == Purpose.Data)
                .filter(b -> !b.encrypted().isTrue())
                .findFirst()
                .map(b -> "the data bucket " + b.use().name() + " is encrypted with the data key");
    }

    /**
     * R4: enabled once the key is valid, its policy in place, access shown, and what it encrypts is encrypted.
     *
     * @param wasEnabled whether data may exist under the key
     */
    public KeyEncryptionState lineState(KeyUse use, boolean wasEnabled) {
        List<ConditionResult> judgements = judgementsOn(use);
        if (judgements.stream().allMatch(ConditionResult::isTrue)) {
            return KeyEncryptionState.ENABLED;
        }
        if (wasEnabled && isBlindOn(use) && judgements.stream().noneMatch(RequestResult::isFault)) {
            return KeyEncryptionState.UNKNOWN;
        }
        return judgements.stream().anyMatch(ConditionResult::requiresUserAction)
                ? KeyEncryptionState.FAILED
                : KeyEncryptionState.PENDING;
    }

    private boolean isBlindOn(KeyUse use) {
        return unreadable.keys().contains(use.key())
                || buckets.stream()
                        .filter(b -> b.use().purpose() == use.purpose())
                        .anyMatch(b -> unreadable.buckets().contains(b.use().name()));
    }

    private List<ConditionResult> judgementsOn(KeyUse use) {
        var judgements = new ArrayList<ConditionResult>();
        judgements.add(accepted);
        judgements.addAll(of(use.key()).judgements());
        buckets.stream()
                .filter(b -> b.use().purpose() == use.purpose())
                .map(BucketResult::encrypted)
                .forEach(judgements::add);
        if (use.purpose() == Purpose.Data) {
            judgements.add(volumes.encrypted());
        }
        return judgements;
    }

    /** Whether every key of the request is ready for replication and failover: usable, policy in place, access shown, buckets encrypted. */
    public boolean isEnabled() {
        return request.keys().stream().allMatch(use -> lineState(use, false) == KeyEncryptionState.ENABLED);
    }

    /**
     * The state in one word.
     *
     * @param before that of the status before: once enabled, data exists under the keys
     */
    public EncryptionState encryption(@Nullable EncryptionState before) {
        if (!request.hasCmek()) {
            return EncryptionState.DISABLED;
        }
        if (isEnabled()) {
            return EncryptionState.ENABLED;
        }
        if (wasEnabled(before)) {
            // Blindness is never reported as damage.
            return unreadable.since() != null && !isWrong() ? EncryptionState.UNKNOWN : EncryptionState.DEGRADED;
        }
        boolean failed = request.keys().stream().anyMatch(use -> lineState(use, false) == KeyEncryptionState.FAILED);
        return failed ? EncryptionState.FAILED : EncryptionState.PENDING;
    }

    /** Whether data may exist under the keys of a resource with this state. */
    public static boolean wasEnabled(@Nullable EncryptionState before) {
        return before == EncryptionState.ENABLED
                || before == EncryptionState.DEGRADED
                || before == EncryptionState.UNKNOWN;
    }

    /**
     * What is known of a request that was only looked at; what was not looked at is left out.
     *
     * @param deletable whether it may go; empty where nobody asks
     */
    public Map<ConditionType, ConditionResult> seen(Optional<ConditionResult> deletable) {
        var seen = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
        judgements().forEach((type, judgement) -> {
            if (type == ConditionType.Accepted || judgement.reason() != Reason.Pending) {
                seen.put(type, judgement);
            }
        });
        deletable.ifPresent(j -> seen.put(ConditionType.Deletable, j));
        return seen;
    }

    /** Whether something was read and is wrong. */
    public boolean isWrong() {
        return judgements().values().stream().anyMatch(RequestResult::isFault);
    }

    /** Not that the StorageClass waits for its key, which may be because the key could not be read. */
    private static boolean isFault(ConditionResult judgement) {
        return judgement.status() == Status.False && judgement.reason() != Reason.WaitingForKey;
    }

    /**
     * After which time the request is to be judged again though nobody reports a change: to write a StorageClass again, to count one day less
     * until a key is gone, and when what was read is too old to be relied upon. That costs no call to AWS, and no write where nothing is
     * different.
     */
    public Optional<Duration> requeueAfter(Instant now) {
        Stream<Duration> turns = keys.values().stream()
                .map(KeyResult::facts)
                .filter(Objects::nonNull)
                .flatMap(facts -> KeyRules.nextChange(facts, now).stream())
                .map(turn -> Duration.between(now, turn));
        return Stream.of(
                        Stream.ofNullable(volumes.retryAfter()),
                        turns,
                        unreadable.reliedUntil().stream()
                                .filter(until -> until.isAfter(now))
                                .map(until -> Duration.between(now, until).plusMillis(1)))
                .flatMap(s -> s)
                .min(Duration::compareTo)
                .map(left -> left.isPositive() ? left : SOONEST);
    }
}
