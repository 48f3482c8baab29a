package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Judgement.Verdict;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.request.Claim;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.storageclass.VolumeAssessment;
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
public record Assessment(
        Claim claim,
        Judgement accepted,
        Map<KeyArn, KeyAssessment> keys,
        List<BucketAssessment> buckets,
        VolumeAssessment volumes,
        UnreadableAws unreadable) {

    /** In place of a time that has passed. */
    private static final Duration SOONEST = Duration.ofMillis(1);

    public Assessment {
        keys = Collections.unmodifiableMap(new TreeMap<>(keys));
        buckets = List.copyOf(buckets);
    }

    /** Nothing was read, because of what is said here. */
    public static Assessment unseen(Claim claim, Judgement accepted, String why) {
        var keys = new TreeMap<KeyArn, KeyAssessment>();
        claim.distinctKeys().forEach(key -> keys.put(key, KeyAssessment.pending(key, why)));
        List<BucketAssessment> buckets = claim.buckets().stream()
                .map(use -> new BucketAssessment(use, null, Judgement.pending(why)))
                .toList();
        return new Assessment(
                claim, accepted, keys, buckets, VolumeAssessment.of(Judgement.pending(why)), UnreadableAws.NOTHING);
    }

    /** The same, with what is known of some of its keys, and of its buckets. */
    Assessment with(Map<KeyArn, KeyAssessment> some, List<BucketAssessment> seen, UnreadableAws unread) {
        var all = new TreeMap<>(keys);
        all.putAll(some);
        return new Assessment(claim, accepted, all, seen, volumes, unread);
    }

    Assessment with(VolumeAssessment published) {
        return new Assessment(claim, accepted, keys, buckets, published, unreadable);
    }

    Assessment with(Map<KeyArn, KeyAssessment> judged) {
        return new Assessment(claim, accepted, judged, buckets, volumes, unreadable);
    }

    Assessment with(UnreadableAws unread) {
        return new Assessment(claim, accepted, keys, buckets, volumes, unread);
    }

    /** The conditions that every kind has, {@code Ready} and {@code Stalled} excepted. */
    public Map<ConditionType, Judgement> judgements() {
        var judgements = new EnumMap<ConditionType, Judgement>(ConditionType.class);
        judgements.put(ConditionType.Accepted, accepted);
        if (claim.hasCmek()) {
            List<KeyAssessment> inOrder =
                    claim.distinctKeys().stream().map(this::of).toList();
            judgements.put(
                    ConditionType.KeysUsable,
                    worst(inOrder.stream().map(KeyAssessment::usable).toList()));
            judgements.put(
                    ConditionType.PolicyApplied,
                    worst(inOrder.stream().map(KeyAssessment::policy).toList()));
            judgements.put(
                    ConditionType.AccessVerified,
                    worst(inOrder.stream().map(KeyAssessment::access).toList()));
            judgements.put(
                    ConditionType.BucketsEncrypted,
                    worst(buckets.stream().map(BucketAssessment::encrypted).toList()));
            judgements.put(ConditionType.VolumesEncrypted, volumes.encrypted());
        }
        return judgements;
    }

    private static Judgement worst(List<Judgement> judgements) {
        return Judgement.worst(judgements);
    }

    public KeyAssessment of(KeyArn key) {
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
        KeyArn key = Objects.requireNonNull(claim.volumes()).key();
        if (!of(key).isReady()) {
            return Optional.of("the data key is ready");
        }
        return buckets.stream()
                .filter(b -> b.use().purpose() == Purpose.Data)
                .filter(b -> !b.encrypted().isGood())
                .findFirst()
                .map(b -> "the data bucket " + b.use().name() + " is encrypted with the data key");
    }

    /**
     * R4: enabled once the key is valid, its policy in place, access shown, and what it encrypts is encrypted.
     *
     * @param wasEnabled whether data may exist under the key
     */
    public KeyLineState lineState(KeyUse use, boolean wasEnabled) {
        List<Judgement> judgements = judgementsOn(use);
        if (judgements.stream().allMatch(Judgement::isGood)) {
            return KeyLineState.ENABLED;
        }
        if (wasEnabled && isBlindOn(use) && judgements.stream().noneMatch(Assessment::isFault)) {
            return KeyLineState.UNKNOWN;
        }
        return judgements.stream().anyMatch(Judgement::needsPerson) ? KeyLineState.FAILED : KeyLineState.PENDING;
    }

    private boolean isBlindOn(KeyUse use) {
        return unreadable.keys().contains(use.key())
                || buckets.stream()
                        .filter(b -> b.use().purpose() == use.purpose())
                        .anyMatch(b -> unreadable.buckets().contains(b.use().name()));
    }

    private List<Judgement> judgementsOn(KeyUse use) {
        var judgements = new ArrayList<Judgement>();
        judgements.add(accepted);
        judgements.addAll(of(use.key()).judgements());
        buckets.stream()
                .filter(b -> b.use().purpose() == use.purpose())
                .map(BucketAssessment::encrypted)
                .forEach(judgements::add);
        if (use.purpose() == Purpose.Data) {
            judgements.add(volumes.encrypted());
        }
        return judgements;
    }

    /** Whether every key of the request is ready for replication and failover: usable, policy in place, access shown, buckets encrypted. */
    public boolean isEnabled() {
        return claim.keys().stream().allMatch(use -> lineState(use, false) == KeyLineState.ENABLED);
    }

    /**
     * The state in one word.
     *
     * @param before that of the status before: once enabled, data exists under the keys
     */
    public EncryptionState encryption(@Nullable EncryptionState before) {
        if (!claim.hasCmek()) {
            return EncryptionState.DISABLED;
        }
        if (isEnabled()) {
            return EncryptionState.ENABLED;
        }
        if (wasEnabled(before)) {
            // Blindness is never reported as damage.
            return unreadable.since() != null && !isWrong() ? EncryptionState.UNKNOWN : EncryptionState.DEGRADED;
        }
        boolean failed = claim.keys().stream().anyMatch(use -> lineState(use, false) == KeyLineState.FAILED);
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
    public Map<ConditionType, Judgement> seen(Optional<Judgement> deletable) {
        var seen = new EnumMap<ConditionType, Judgement>(ConditionType.class);
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
        return judgements().values().stream().anyMatch(Assessment::isFault);
    }

    /** Not that the StorageClass waits for its key, which may be because the key could not be read. */
    private static boolean isFault(Judgement judgement) {
        return judgement.verdict() == Verdict.False && judgement.reason() != Reason.WaitingForKey;
    }

    /**
     * After which time the request is to be judged again though nobody reports a change: to write a StorageClass again, to count one day less
     * until a key is gone, and when what was read is too old to be relied upon. That costs no call to AWS, and no write where nothing is
     * different.
     */
    public Optional<Duration> reconsiderAfter(Instant now) {
        Stream<Duration> turns = keys.values().stream()
                .map(KeyAssessment::facts)
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
