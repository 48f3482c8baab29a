package io.cmek.operator.pipeline;

import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Text;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a claim's leaving.
 *
 * @param of the condition that the obstacle is about
 * @param obstacle what could not be taken back, and why; empty where nothing is left, and the claim may go
 * @param retryAfter when it is to be tried again
 */
public record Release(ConditionType of, Optional<Judgement> obstacle, Duration retryAfter) {

    private static final Duration RETRY = Duration.ofSeconds(10);

    static final Release DONE = new Release(ConditionType.PolicyApplied, Optional.empty(), Duration.ZERO);

    static Release heldBy(Judgement obstacle, Optional<Duration> retryAfter) {
        return new Release(ConditionType.PolicyApplied, Optional.of(obstacle), retryAfter.orElse(RETRY));
    }

    static Release heldByStorageClass(Judgement obstacle, Optional<Duration> retryAfter) {
        return new Release(ConditionType.VolumesEncrypted, Optional.of(obstacle), retryAfter.orElse(RETRY));
    }

    /** What the status of the resource is to say of it. */
    public Map<ConditionType, Judgement> judgements() {
        return obstacle.map(why -> Map.of(
                        of,
                        why,
                        ConditionType.Deletable,
                        Judgement.pending(Text.message((of == ConditionType.PolicyApplied
                                        ? "The resource goes when nothing of it is left in a key policy. "
                                        : "The resource goes when its StorageClass is deleted. ")
                                + why.message()))))
                .orElseGet(Map::of);
    }
}
