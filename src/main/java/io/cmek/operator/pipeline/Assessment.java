package io.cmek.operator.pipeline;

import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.KeyUse;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.volume.VolumeAssessment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with a claim after the operator did what it could: all that the status is made of.
 *
 * @param keys by ARN, one for each distinct key of the claim
 * @param volumes the state of the StorageClass
 */
public record Assessment(
        Claim claim,
        Judgement accepted,
        Map<KeyArn, KeyAssessment> keys,
        List<BucketAssessment> buckets,
        VolumeAssessment volumes) {

    private static final Duration UNWATCHED = Duration.ofMinutes(2);

    /** In place of a time that has passed: the operator SDK loses a repetition whose delay is negative. */
    private static final Duration SOONEST = Duration.ofMillis(1);

    public Assessment {
        keys = Map.copyOf(keys);
        buckets = List.copyOf(buckets);
    }

    /** Nothing was looked at, because of what is said here. */
    public static Assessment unseen(Claim claim, Judgement accepted, String why) {
        return unseen(claim, accepted, why, null);
    }

    /** @param retryAfter when it is to be looked at again though nobody reports a change, null where that is not needed */
    static Assessment unseen(Claim claim, Judgement accepted, String why, @Nullable Duration retryAfter) {
        var keys = new HashMap<KeyArn, KeyAssessment>();
        claim.distinctKeys().forEach(key -> keys.put(key, KeyAssessment.pending(key, why)));
        List<BucketAssessment> buckets = claim.buckets().stream()
                .map(use -> BucketAssessment.of(use, null, Judgement.pending(why)))
                .toList();
        return new Assessment(claim, accepted, keys, buckets, new VolumeAssessment(Judgement.pending(why), retryAfter));
    }

    /** The same, with what was seen of some of its keys, and of its buckets. */
    Assessment with(Map<KeyArn, KeyAssessment> some, List<BucketAssessment> seen) {
        var all = new HashMap<>(keys);
        all.putAll(some);
        return new Assessment(claim, accepted, all, seen, volumes);
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

    /** R4: enabled once the key is valid, its policy in place, access shown, and what it encrypts is encrypted. */
    public KeyLineState lineState(KeyUse use) {
        List<Judgement> judgements = judgementsOn(use);
        if (judgements.stream().allMatch(Judgement::isGood)) {
            return KeyLineState.ENABLED;
        }
        return judgements.stream().anyMatch(Judgement::needsPerson) ? KeyLineState.FAILED : KeyLineState.PENDING;
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

    /** Whether every key of the claim is ready for replication and failover: usable, policy in place, access shown, buckets encrypted. */
    public boolean isEnabled() {
        return claim.keys().stream().allMatch(use -> lineState(use) == KeyLineState.ENABLED);
    }

    /**
     * What is known of a claim that was only looked at ({@link Pipeline#look}); what was not looked at is left out.
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

    /**
     * Whether something was looked at and is wrong. Not that the StorageClass waits for its key, which may be because the key could not be
     * looked at.
     */
    public boolean isWrong() {
        return judgements().values().stream()
                .anyMatch(j -> j.verdict() == Judgement.Verdict.False && j.reason() != Reason.WaitingForKey);
    }

    /** Whether something could not be looked at, so that what was known before may still be so. */
    public boolean isBlind() {
        return judgements().values().stream()
                .anyMatch(j -> j.verdict() == Judgement.Verdict.Unknown
                        && j.reason() != Reason.Pending
                        && j.reason() != Reason.NotProbed);
    }

    /** When failed writes are to be tried again. */
    public Optional<Duration> retryAfter() {
        return Stream.of(
                        keys.values().stream().map(KeyAssessment::retryAfter),
                        buckets.stream().map(BucketAssessment::retryAfter),
                        Stream.of(volumes).map(VolumeAssessment::retryAfter))
                .flatMap(s -> s)
                .filter(Objects::nonNull)
                .min(Duration::compareTo);
    }

    /**
     * After which time the claim is to be assessed again though nobody reports a change: to try a failed write again, to count one day less
     * until a key is gone, and for what no watch tells: who else uses a key that is broken. That costs no call to AWS, and no write where
     * nothing is different.
     */
    public Optional<Duration> reconsiderAfter(Instant now) {
        Stream<Duration> turns = keys.values().stream()
                .map(KeyAssessment::facts)
                .filter(Objects::nonNull)
                .flatMap(facts -> KeyRules.nextChange(facts, now).stream())
                .map(turn -> Duration.between(now, turn));
        boolean unwatched = keys.values().stream().anyMatch(KeyAssessment::isBroken);
        return Stream.of(retryAfter().stream(), turns, unwatched ? Stream.of(UNWATCHED) : Stream.<Duration>empty())
                .flatMap(s -> s)
                .min(Duration::compareTo)
                .map(left -> left.isPositive() ? left : SOONEST);
    }
}
