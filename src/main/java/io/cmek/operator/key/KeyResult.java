package io.cmek.operator.key;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Condition results for one key of a request.
 *
 * @param facts what KMS returned about the key, null while unknown
 * @param onlyVolumes whether the access problem affects only EBS; buckets work
 */
public record KeyResult(
        KeyArn key,
        @Nullable KeyFacts facts,
        ConditionResult usable,
        ConditionResult policy,
        ConditionResult access,
        boolean onlyVolumes) {

    public KeyResult(
            KeyArn key,
            @Nullable KeyFacts facts,
            ConditionResult usable,
            ConditionResult policy,
            ConditionResult access) {
        this(key, facts, usable, policy, access, false);
    }

    /** Whether a check of the key, its policy or its access has failed. */
    public boolean isBroken() {
        return results().stream().anyMatch(j -> j.status() == Status.False);
    }

    /**
     * The same result, with the impact on the key's users. The impact is added to the first failed condition, or to {@code usable} if none failed.
     *
     * @param impact a sentence
     */
    public KeyResult withImpact(String impact) {
        if (usable.status() == Status.False || !isBroken()) {
            return new KeyResult(key, facts, usable.plus(impact), policy, access, onlyVolumes);
        }
        return policy.status() == Status.False
                ? new KeyResult(key, facts, usable, policy.plus(impact), access, onlyVolumes)
                : new KeyResult(key, facts, usable, policy, access.plus(impact), onlyVolumes);
    }

    public KeyResult withUsable(ConditionResult usable, @Nullable KeyFacts facts) {
        return new KeyResult(key, facts, usable, policy, access, onlyVolumes);
    }

    /** Whether buckets under the key work although a check failed, because the failure affects only volumes. */
    public boolean servesBuckets() {
        return onlyVolumes && usable.status() != Status.False && policy.status() != Status.False;
    }

    public List<ConditionResult> results() {
        return List.of(usable, policy, access);
    }

    /** Whether the key may encrypt new buckets and volumes. */
    public boolean isReady() {
        return results().stream().allMatch(ConditionResult::isTrue);
    }

    /** The result before the first read of the key. */
    public static KeyResult pending(KeyArn key, String why) {
        ConditionResult pending = ConditionResult.pending(why);
        return new KeyResult(key, null, pending, pending, pending);
    }
}
