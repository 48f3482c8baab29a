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

    /** The Workgroup is about to rebuild its lost record from this status, so the status must not change. */
    @Override
    public boolean isLeftAlone(ReplicaCmek replica) {
        return resources
                .workgroupNamedBy(replica)
                .filter(workgroup -> SecondaryRegionState.isSourceForLostRecord(replica, workgroup))
                .isPresent();
    }

    /** Reads the Workgroup past the cache: a user may just have added a database. */
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
                // The cache may still hold the old status of the Workgroup (isLeftAlone).
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

    /** A ReplicaCmek has no conditions of its own. */
    private enum Nothing implements Addition<ReplicaCmekStatus> {
        MORE;

        @Override
        public Map<ConditionType, ConditionResult> results() {
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
