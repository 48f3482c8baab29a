package io.cmek.operator.workgroup;

import io.cmek.operator.api.v1alpha1.BlockedDatabase;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.ReplicationStatus;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Conditions;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.replication.Gate;
import io.cmek.operator.report.StatusLines;
import io.cmek.operator.tenancy.Tenant;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** From an assessment to a Workgroup's status: a new object each time, equal to the old one where nothing changed. */
record WorkgroupReport(PolicyMerge merge) {

    WorkgroupStatus status(
            Workgroup workgroup,
            @Nullable WorkgroupStatus previous,
            Assessment assessment,
            Tenant.Principals principals,
            Instant now) {
        Replication replication = workgroup.getSpec().replication();
        Gate gate = Gate.of(
                assessment.claim().hasCmek(),
                replication == null ? "" : replication.region(),
                replication == null ? List.of() : Objects.requireNonNullElse(replication.databases(), List.of()));
        var judgements = assessment.judgements();
        judgements.put(ConditionType.ReplicationAllowed, gate.judgement());
        List<Condition> conditions = Conditions.of(
                previous == null ? List.of() : previous.conditions(),
                judgements,
                allGood(assessment),
                workgroup.getMetadata().getGeneration(),
                now);
        VolumeUse volumes = assessment.claim().volumes();
        return new WorkgroupStatus(
                workgroup.getMetadata().getGeneration(),
                StatusLines.encryption(assessment, previous == null ? null : previous.encryption()),
                StatusLines.keys(assessment, merge, principals),
                StatusLines.buckets(assessment),
                volumes != null && assessment.volumes().isGood() ? volumes.storageClassName() : null,
                replication(replication, gate, previous),
                conditions);
    }

    private static @Nullable ReplicationStatus replication(
            @Nullable Replication wanted, Gate gate, @Nullable WorkgroupStatus previous) {
        SecondaryCmek secondary = previous == null || previous.replication() == null
                ? null
                : previous.replication().secondary();
        if (wanted == null && secondary == null) {
            return null;
        }
        return new ReplicationStatus(
                wanted == null ? null : wanted.region(),
                gate.admitted(),
                gate.blocked().stream()
                        .map(name -> new BlockedDatabase(
                                name, gate.judgement().reason().name()))
                        .toList(),
                secondary);
    }

    private static Judgement allGood(Assessment assessment) {
        if (!assessment.claim().hasCmek()) {
            return Judgement.good(
                    Reason.NoCmek,
                    "The workgroup has no CMEK: nothing of it is encrypted with a customer-managed key.");
        }
        String keys = assessment.claim().distinctKeys().stream()
                .map(Objects::toString)
                .collect(Collectors.joining(" and "));
        return Judgement.good(Reason.Ready, "Buckets and volumes are encrypted with " + keys + ".");
    }
}
