package io.cmek.operator.workgroup;

import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Conditions;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.inventory.SecondaryRegion;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.replication.Gate;
import io.cmek.operator.report.StatusLines;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From an assessment to a Workgroup's status: a new object each time, equal to the old one where nothing changed. */
record WorkgroupReport(StatusLines lines) {

    /** @param deletable whether it may go; empty where nobody asks */
    WorkgroupStatus status(
            Workgroup workgroup,
            @Nullable WorkgroupStatus previous,
            Assessment assessment,
            SecondaryRegion region,
            Optional<Judgement> deletable) {
        Gate gate = region.gate();
        var judgements = assessment.judgements();
        deletable.ifPresent(j -> judgements.put(ConditionType.Deletable, j));
        judgements.put(ConditionType.ReplicationAllowed, gate.judgement());
        region.failover().ifPresent(j -> judgements.put(ConditionType.FailoverReady, j));
        return new WorkgroupStatus(
                workgroup.getMetadata().getGeneration(),
                StatusLines.encryption(assessment, previous),
                lines.keys(assessment, previous),
                StatusLines.buckets(assessment, previous),
                StatusLines.storageClassName(assessment),
                region.status(),
                null,
                lines.conditions(previous, judgements, assessment.claim(), workgroup));
    }

    /** What it said before, with news: of a workgroup that is leaving, or of which something is not understood. */
    WorkgroupStatus keeping(
            Workgroup workgroup,
            WorkgroupStatus previous,
            Claim claim,
            SecondaryRegion region,
            Map<ConditionType, Judgement> news) {
        Gate gate = region.gate();
        var judgements = Conditions.judgements(previous.conditions());
        judgements.remove(ConditionType.FailoverReady);
        judgements.putAll(news);
        judgements.put(ConditionType.ReplicationAllowed, gate.judgement());
        region.failover().ifPresent(j -> judgements.put(ConditionType.FailoverReady, j));
        return new WorkgroupStatus(
                workgroup.getMetadata().getGeneration(),
                previous.encryption(),
                StatusLines.kept(previous.keys()),
                StatusLines.keptBuckets(previous.buckets()),
                previous.storageClassName(),
                region.status(),
                previous.awsUnreadableSince(),
                lines.conditions(previous, judgements, claim, workgroup));
    }
}
