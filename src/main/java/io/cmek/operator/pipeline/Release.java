package io.cmek.operator.pipeline;

import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a claim's leaving.
 *
 * @param obstacle what could not be taken back from a key's policy, and why; empty where nothing is left, and the claim may go
 * @param retryAfter when it is to be tried again
 */
public record Release(Optional<Judgement> obstacle, Duration retryAfter) {

    private static final Duration RETRY = Duration.ofSeconds(10);

    static final Release DONE = new Release(Optional.empty(), Duration.ZERO);

    static Release heldBy(Judgement obstacle, Optional<Duration> retryAfter) {
        return new Release(Optional.of(obstacle), retryAfter.orElse(RETRY));
    }

    /** What the status of the resource is to say of it. */
    public Map<ConditionType, Judgement> judgements() {
        return obstacle.map(why -> Map.of(
                        ConditionType.PolicyApplied,
                        why,
                        ConditionType.Deletable,
                        Judgement.pending(
                                "The resource goes when nothing of it is left in a key policy. " + why.message())))
                .orElseGet(Map::of);
    }
}
