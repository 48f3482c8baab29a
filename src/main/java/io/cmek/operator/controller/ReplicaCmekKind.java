package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import io.cmek.operator.resource.SecondaryRegionState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The secondary region's keys, buckets and volumes. */
record ReplicaCmekKind(Resources resources, ClusterApi api, Steps steps)
        implements Kind<ReplicaCmek, ReplicaCmekStatus> {

    @Override
    public ReplicaCmek empty() {
        return new ReplicaCmek();
    }

    @Override
    public Optional<ConditionResult> notUnderstood(ReplicaCmek replica) {
        return NotUnderstood.of(replica, resources.workgroupNamedBy(replica).orElse(null));
    }

    /** While the lost record of its Workgroup is about to be rebuilt from its status. */
    @Override
    public boolean isLeftAlone(ReplicaCmek replica) {
        return resources
                .workgroupNamedBy(replica)
                .filter(workgroup -> SecondaryRegionState.isSourceForLostRecord(replica, workgroup))
                .isPresent();
    }

    /** Whether it may go, only the Workgroup as it is now can tell: a database may just have been added. */
    @Override
    public Optional<ConditionResult> holds(ReplicaCmek replica) {
        String name = replica.getSpec().workgroupRef().name();
        return steps.run(
                Resources.idOf(replica),
                "the read of its Workgroup " + name,
                () -> holds(replica, api.workgroup(replica.getMetadata().getNamespace(), name)),
                why -> Optional.of(ConditionResult.pending(
                        "The resource stays while the read of the Workgroup " + name + " " + why + ".")));
    }

    private static Optional<ConditionResult> holds(ReplicaCmek replica, Optional<Workgroup> workgroup) {
        return SecondaryRegionState.holds(replica, workgroup)
                // The cache may still have the status that was wiped (isLeftAlone).
                .or(() -> workgroup
                        .filter(w -> SecondaryRegionState.isSourceForLostRecord(replica, w))
                        .map(w -> ConditionResult.pending("The ReplicaCmek stays until the Workgroup "
                                + w.getMetadata().getName() + " has recorded its keys again.")))
                .or(() -> NotUnderstood.holds(replica, workgroup));
    }

    @Override
    public Addition<ReplicaCmekStatus> addition(ReplicaCmek replica, Predicate<EncryptionRequest> canPinKeys) {
        return Nothing.MORE;
    }

    /** A ReplicaCmek has no more than what both kinds have. */
    private enum Nothing implements Addition<ReplicaCmekStatus> {
        MORE;

        @Override
        public Map<ConditionType, ConditionResult> judgements() {
            return Map.of();
        }

        @Override
        public Set<ConditionType> ownTypes() {
            return Set.of();
        }

        @Override
        public ReplicaCmekStatus status(StatusBuilder.Parts parts) {
            return new ReplicaCmekStatus(
                    parts.generation(),
                    parts.encryption(),
                    parts.keys(),
                    parts.buckets(),
                    parts.storageClassName(),
                    parts.awsUnreadableSince(),
                    parts.conditions());
        }

        @Override
        public Optional<Duration> again() {
            return Optional.empty();
        }
    }
}
