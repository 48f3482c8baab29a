package io.cmek.operator.key;

import io.cmek.operator.condition.Judgement;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with one key of a claim.
 *
 * @param facts what KMS says of it, null while unknown
 * @param retryAfter when a failed write is to be tried again, null where none failed
 */
public record KeyAssessment(
        KeyArn key,
        @Nullable KeyFacts facts,
        Judgement usable,
        Judgement policy,
        Judgement access,
        @Nullable Duration retryAfter) {

    public KeyAssessment withPolicy(Judgement policy, @Nullable Duration retryAfter) {
        return new KeyAssessment(key, facts, usable, policy, access, retryAfter);
    }

    public List<Judgement> judgements() {
        return List.of(usable, policy, access);
    }

    /** Whether things may be encrypted with it. */
    public boolean isReady() {
        return judgements().stream().allMatch(Judgement::isGood);
    }

    /** Nothing is known of the key yet. */
    public static KeyAssessment pending(KeyArn key, String why) {
        Judgement pending = Judgement.pending(why);
        return new KeyAssessment(key, null, pending, pending, pending, null);
    }
}
