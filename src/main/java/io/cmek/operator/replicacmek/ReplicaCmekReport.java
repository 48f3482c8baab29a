package io.cmek.operator.replicacmek;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Conditions;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.report.StatusLines;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From an assessment to a ReplicaCmek's status: a new object each time, equal to the old one where nothing changed. */
record ReplicaCmekReport(StatusLines lines) {

    /** @param deletable whether it may go; empty where nobody asks */
    ReplicaCmekStatus status(
            ReplicaCmek replica,
            @Nullable ReplicaCmekStatus previous,
            Assessment assessment,
            Optional<Judgement> deletable) {
        var judgements = assessment.judgements();
        deletable.ifPresent(j -> judgements.put(ConditionType.Deletable, j));
        return new ReplicaCmekStatus(
                replica.getMetadata().getGeneration(),
                StatusLines.encryption(assessment, previous),
                lines.keys(assessment, previous),
                StatusLines.buckets(assessment, previous),
                StatusLines.storageClassName(assessment),
                null,
                lines.conditions(previous, judgements, assessment.claim(), replica));
    }

    /** What it said before, with news: of a ReplicaCmek that is leaving, or of which something is not understood. */
    ReplicaCmekStatus keeping(
            ReplicaCmek replica, ReplicaCmekStatus previous, Claim claim, Map<ConditionType, Judgement> news) {
        var judgements = Conditions.judgements(previous.conditions());
        judgements.putAll(news);
        return new ReplicaCmekStatus(
                replica.getMetadata().getGeneration(),
                previous.encryption(),
                StatusLines.kept(previous.keys()),
                StatusLines.keptBuckets(previous.buckets()),
                previous.storageClassName(),
                previous.awsUnreadableSince(),
                lines.conditions(previous, judgements, claim, replica));
    }
}
