package io.cmek.operator.key;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with one key of a claim.
 *
 * @param facts what KMS says of it, null while unknown
 * @param onlyVolumes whether what is wrong with the access keeps only EBS from the key: buckets are served
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

    /** Whether something about it is wrong, and was looked at: the key itself, its policy, or the access to it. */
    public boolean isBroken() {
        return judgements().stream().anyMatch(j -> j.status() == Status.False);
    }

    /**
     * The same, with what it means for those who use the key: said of the first that is wrong, else of the key itself.
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

    /** Whether buckets under the key are served, whatever is wrong: only volumes are concerned. */
    public boolean servesBuckets() {
        return onlyVolumes && usable.status() != Status.False && policy.status() != Status.False;
    }

    public List<ConditionResult> judgements() {
        return List.of(usable, policy, access);
    }

    /** Whether things may be encrypted with it. */
    public boolean isReady() {
        return judgements().stream().allMatch(ConditionResult::isTrue);
    }

    /** Nothing is known of the key yet. */
    public static KeyResult pending(KeyArn key, String why) {
        ConditionResult pending = ConditionResult.pending(why);
        return new KeyResult(key, null, pending, pending, pending);
    }
}
