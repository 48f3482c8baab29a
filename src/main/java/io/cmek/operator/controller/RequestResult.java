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
 * The observed state of a request, from which the status is built.
 *
 * @param keys by ARN, one for each distinct key of the request
 * @param volumes the state of the StorageClass
 * @param unreadable the failed AWS reads of the request
 */
public record RequestResult(
        EncryptionRequest request,
        ConditionResult accepted,
        Map<KeyArn, KeyResult> keys,
        List<BucketResult> buckets,
        StorageClassResult volumes,
        ReadFailures unreadable) {

    /** The delay for a time that has passed. */
    private static final Duration SOONEST = Duration.ofMillis(1);

    public RequestResult {
        keys = Collections.unmodifiableMap(new TreeMap<>(keys));
        buckets = List.copyOf(buckets);
    }

    /** The result without any read from AWS. */
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

    /** The same, with the known results of some keys and buckets. */
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

    /** The conditions of both kinds, without {@code Ready} and {@code Stalled}. */
    public Map<ConditionType, ConditionResult> results() {
        var results = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
        results.put(ConditionType.Accepted, accepted);
        if (request.hasCmek()) {
            List<KeyResult> inOrder =
                    request.distinctKeys().stream().map(this::of).toList();
            results.put(
                    ConditionType.KeysUsable,
                    worst(inOrder.stream().map(KeyResult::usable).toList()));
            results.put(
                    ConditionType.PolicyApplied,
                    worst(inOrder.stream().map(KeyResult::policy).toList()));
            results.put(
                    ConditionType.AccessVerified,
                    worst(inOrder.stream().map(KeyResult::access).toList()));
            results.put(
                    ConditionType.BucketsEncrypted,
                    worst(buckets.stream().map(BucketResult::encrypted).toList()));
            results.put(ConditionType.VolumesEncrypted, volumes.encrypted());
        }
        return results;
    }

    private static ConditionResult worst(List<ConditionResult> results) {
        return ConditionResult.worst(results);
    }

    public KeyResult of(KeyArn key) {
        return Objects.requireNonNull(keys.get(key), () -> "no result for " + key);
    }

    /** Whether the data bucket is encrypted with another key, for example that of an earlier resource with the same name. */
    boolean isBucketUnderAnotherKey() {
        return buckets.stream()
                .filter(b -> b.use().purpose() == Purpose.Data)
                .anyMatch(b -> b.encrypted().reason() == Reason.BucketUnderAnotherKey);
    }

    /** What the StorageClass waits for, as a sentence's end; empty where it may be created. */
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
     * The state of one key (R4). It is enabled once the key is usable, its policy is applied, access is verified, and its bucket and volumes are
     * encrypted.
     *
     * @param wasEnabled whether data may exist under the key
     */
    public KeyEncryptionState lineState(KeyUse use, boolean wasEnabled) {
        List<ConditionResult> results = resultsOn(use);
        if (results.stream().allMatch(ConditionResult::isTrue)) {
            return KeyEncryptionState.ENABLED;
        }
        if (wasEnabled && isBlindOn(use) && results.stream().noneMatch(RequestResult::isFault)) {
            return KeyEncryptionState.UNKNOWN;
        }
        return results.stream().anyMatch(ConditionResult::requiresUserAction)
                ? KeyEncryptionState.FAILED
                : KeyEncryptionState.PENDING;
    }

    private boolean isBlindOn(KeyUse use) {
        return unreadable.keys().contains(use.key())
                || buckets.stream()
                        .filter(b -> b.use().purpose() == use.purpose())
                        .anyMatch(b -> unreadable.buckets().contains(b.use().name()));
    }

    private List<ConditionResult> resultsOn(KeyUse use) {
        var results = new ArrayList<ConditionResult>();
        results.add(accepted);
        results.addAll(of(use.key()).results());
        buckets.stream()
                .filter(b -> b.use().purpose() == use.purpose())
                .map(BucketResult::encrypted)
                .forEach(results::add);
        if (use.purpose() == Purpose.Data) {
            results.add(volumes.encrypted());
        }
        return results;
    }

    /** Whether every key is ready for replication and failover: usable, policy applied, access verified, buckets encrypted. */
    public boolean isEnabled() {
        return request.keys().stream().allMatch(use -> lineState(use, false) == KeyEncryptionState.ENABLED);
    }

    /**
     * The summary of the encryption state.
     *
     * @param before the state in the stored status: once enabled, data exists under the keys
     */
    public EncryptionState encryption(@Nullable EncryptionState before) {
        if (!request.hasCmek()) {
            return EncryptionState.DISABLED;
        }
        if (isEnabled()) {
            return EncryptionState.ENABLED;
        }
        if (wasEnabled(before)) {
            // A failed read is UNKNOWN, not DEGRADED.
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
     * The conditions of a request that was only read. What was not read is left out.
     *
     * @param deletable whether it may be deleted; empty where it is not being deleted
     */
    public Map<ConditionType, ConditionResult> seen(Optional<ConditionResult> deletable) {
        var seen = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
        results().forEach((type, result) -> {
            if (type == ConditionType.Accepted || result.reason() != Reason.Pending) {
                seen.put(type, result);
            }
        });
        deletable.ifPresent(j -> seen.put(ConditionType.Deletable, j));
        return seen;
    }

    /** Whether a successful read shows a problem. */
    public boolean isWrong() {
        return results().values().stream().anyMatch(RequestResult::isFault);
    }

    /** WaitingForKey is no fault: the key may only be unreadable. */
    private static boolean isFault(ConditionResult result) {
        return result.status() == Status.False && result.reason() != Reason.WaitingForKey;
    }

    /**
     * The requeue delay without any event. A requeue retries the StorageClass, counts down the days until a key is deleted, and expires old reads. It
     * makes no AWS call, and writes only a changed status.
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
