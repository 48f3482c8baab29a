package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.replication.SecondaryState;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import io.cmek.operator.resource.SecondaryRegionState;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The primary region, and its decisions for the secondary region: the pinned secondary keys (R8), and which databases replicate (R6). */
record WorkgroupKind(Resources resources, ClusterApi api, Steps steps, Clock clock)
        implements Kind<Workgroup, WorkgroupStatus> {

    /** Retry delay after a failed read past the cache. Changed snapshots trigger the resource without it. */
    private static final Duration UNDECIDED_RETRY = Duration.ofSeconds(5);

    @Override
    public Workgroup empty() {
        return new Workgroup();
    }

    @Override
    public Optional<ConditionResult> notUnderstood(Workgroup workgroup) {
        return NotUnderstood.of(workgroup);
    }

    @Override
    public boolean isLeftAlone(Workgroup workgroup) {
        return false;
    }

    @Override
    public Optional<ConditionResult> holds(Workgroup workgroup) {
        return steps.run(
                Resources.idOf(workgroup),
                "the read of its ReplicaCmeks",
                () -> holds(workgroup, api.replicas(workgroup.getMetadata().getNamespace())),
                why -> Optional.of(ConditionResult.pending(
                        "The Workgroup stays while the read of its ReplicaCmeks " + why + ".")));
    }

    /** @param all the ReplicaCmeks of the namespace, read past the cache, which may not have the recorded one yet */
    private Optional<ConditionResult> holds(Workgroup workgroup, List<ReplicaCmek> all) {
        SecondaryRegionState region = region(workgroup, mayName(workgroup, all), replica -> false);
        return region.holder()
                .map(WorkgroupKind::held)
                .or(() -> region.secondary() instanceof SecondaryState.Unreadable unreadable
                        ? Optional.of(ConditionResult.pending("The Workgroup stays: " + unreadable.why()))
                        : Optional.empty())
                .or(() -> NotUnderstood.holds(workgroup));
    }

    private static ConditionResult held(ReplicaCmek replica) {
        String name = replica.getMetadata().getName();
        return replica.isMarkedForDeletion()
                ? ConditionResult.pending(
                        "The Workgroup stays until its ReplicaCmek " + name + ", which is being deleted, is gone.")
                : ConditionResult.ofFalse(
                        Reason.InUse,
                        "The Workgroup stays while its ReplicaCmek " + name
                                + " exists. Delete the ReplicaCmek, too, or wait for the deletion of the namespace.");
    }

    @Override
    public Addition<WorkgroupStatus> addition(Workgroup workgroup, Predicate<EncryptionRequest> canPinKeys) {
        return new OfWorkgroup(decided(workgroup, canPinKeys));
    }

    /**
     * Reads past the cache before two permanent decisions. Before pinning keys, it reads all ReplicaCmeks: another one may be configured already with
     * other keys. Before admitting a database, it reads the ReplicaCmek that admits it: that one may be deleted already.
     */
    private SecondaryRegionState decided(Workgroup workgroup, Predicate<EncryptionRequest> canPinKeys) {
        ResourceRef id = Resources.idOf(workgroup);
        SecondaryRegionState region = region(workgroup, resources.secondariesOf(workgroup), canPinKeys);
        if (region.isFirstConfiguration(workgroup)) {
            return steps.run(
                    id,
                    "the read of its ReplicaCmeks",
                    () -> region(workgroup, replicasNow(workgroup), canPinKeys),
                    why -> region.unread(null, why));
        }
        if (!region.admitsNewDatabases()) {
            return region;
        }
        return steps.run(
                id,
                "the read of the ReplicaCmek of its secondary region",
                () -> region.with(region.holder().flatMap(this::now)),
                why -> region.unread(region.record(), why));
    }

    private Optional<ReplicaCmek> now(ReplicaCmek holder) {
        return api.replica(
                        holder.getMetadata().getNamespace(),
                        holder.getMetadata().getName())
                .filter(NotUnderstood::isReadable)
                .filter(fresh ->
                        fresh.getMetadata().getUid().equals(holder.getMetadata().getUid()));
    }

    private List<ReplicaCmek> replicasNow(Workgroup workgroup) {
        return mayName(workgroup, api.replicas(workgroup.getMetadata().getNamespace()));
    }

    /** An unreadable ReplicaCmek may name any Workgroup. */
    private static List<ReplicaCmek> mayName(Workgroup workgroup, List<ReplicaCmek> all) {
        return all.stream()
                .filter(r -> !NotUnderstood.isReadable(r)
                        || r.getSpec()
                                .workgroupRef()
                                .name()
                                .equals(workgroup.getMetadata().getName()))
                .toList();
    }

    private SecondaryRegionState region(
            Workgroup workgroup, Collection<ReplicaCmek> replicas, Predicate<EncryptionRequest> canPinKeys) {
        return SecondaryRegionState.of(
                workgroup,
                replicas,
                replica -> resources.requestOf(replica, Optional.of(workgroup)),
                resources.index().authorization(),
                canPinKeys,
                clock.instant());
    }

    /** The conditions and status of gate and pinned keys. */
    private record OfWorkgroup(SecondaryRegionState region) implements Addition<WorkgroupStatus> {

        @Override
        public Map<ConditionType, ConditionResult> results() {
            var results = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
            results.put(ConditionType.ReplicationAllowed, region.gate().result());
            region.failover().ifPresent(j -> results.put(ConditionType.FailoverReady, j));
            return results;
        }

        @Override
        public Set<ConditionType> ownTypes() {
            return EnumSet.of(ConditionType.ReplicationAllowed, ConditionType.FailoverReady);
        }

        @Override
        public WorkgroupStatus status(StatusBuilder.Parts parts) {
            return new WorkgroupStatus(
                    parts.generation(),
                    parts.encryption(),
                    parts.keys(),
                    parts.buckets(),
                    parts.storageClassName(),
                    region.status(),
                    parts.awsUnreadableSince(),
                    parts.conditions());
        }

        @Override
        public Optional<Duration> again() {
            return region.undecided() ? Optional.of(UNDECIDED_RETRY) : Optional.empty();
        }
    }
}
