package io.cmek.operator.resource;

import io.cmek.operator.api.v1alpha1.BlockedDatabase;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.ReplicationStatus;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.replication.PinnedSecondaryKeys;
import io.cmek.operator.replication.ReplicationGate;
import io.cmek.operator.replication.SecondaryState;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The secondary region of a workgroup, from its ReplicaCmeks and its own status.
 *
 * @param record the new record of pinned secondary keys, null where the region was never configured
 * @param holder the ReplicaCmek that the record names, where it exists
 * @param undecided whether a ReplicaCmek waits to be recorded because of its own keys and buckets or a failed read
 * @param shownBefore the region in the stored status, null where there is none
 * @param unread why reading the ReplicaCmeks past the cache failed, as a sentence's end; null where it succeeded or was not needed
 */
public record SecondaryRegionState(
        ReplicationGate.Request wanted,
        @Nullable SecondaryCmek record,
        Optional<ReplicaCmek> holder,
        SecondaryState secondary,
        boolean undecided,
        @Nullable String shownBefore,
        @Nullable String unread) {

    /**
     * @param all the ReplicaCmeks of the workgroup, and the unreadable ones of its namespace: the record may name one of them
     * @param canPinKeys whether the keys of a request may be pinned. Called where there is no record: it may have been lost, and the buckets may show
     *     its keys
     */
    public static SecondaryRegionState of(
            Workgroup workgroup,
            Collection<ReplicaCmek> all,
            Function<ReplicaCmek, EncryptionRequest> requestOf,
            Authorization authorization,
            Predicate<EncryptionRequest> canPinKeys,
            Instant now) {
        List<ReplicaCmek> replicas =
                all.stream().filter(NotUnderstood::isReadable).toList();
        Replication replication = workgroup.getSpec().replication();
        boolean hasCmek = workgroup.getSpec().cmek() != null;
        String region = replication == null ? "" : replication.region();
        var wanted = new ReplicationGate.Request(hasCmek, region, databases(replication), admittedBefore(workgroup));
        SecondaryCmek record = ReplicaCmekRequest.record(workgroup);
        boolean undecided = false;
        Optional<String> unreadable = unreadable(record, all);
        if (hasCmek && !workgroup.isMarkedForDeletion() && unreadable.isEmpty()) {
            var candidates = new ArrayList<PinnedSecondaryKeys.Candidate>();
            for (ReplicaCmek replica : replicas) {
                EncryptionRequest request = requestOf.apply(replica);
                boolean fits = replica.getSpec().region().equals(region)
                        && !replica.isMarkedForDeletion()
                        && NotUnderstood.of(replica, workgroup).isEmpty()
                        && authorization.judge(request).isTrue();
                boolean decided = !fits || record != null || canPinKeys.test(request);
                undecided |= !decided;
                candidates.add(ReplicaCmekRequest.candidate(replica, fits && decided));
            }
            record = PinnedSecondaryKeys.next(record, candidates, now);
        }
        SecondaryCmek next = record;
        Optional<ReplicaCmek> holder =
                next == null && workgroup.isMarkedForDeletion() ? enabledOnce(replicas) : holder(next, replicas);
        SecondaryState secondary = next != null && unreadable.isPresent()
                ? new SecondaryState.Unreadable(unreadable.get())
                : next == null
                        ? replicas.stream()
                                .filter(r -> r.getSpec().region().equals(region) && !r.isMarkedForDeletion())
                                .min(Comparator.comparing(r -> r.getMetadata().getName()))
                                .<SecondaryState>map(r -> new SecondaryState.Pending(
                                        r.getMetadata().getName(), health(r)))
                                .orElseGet(SecondaryState.None::new)
                        : secondary(region, next, holder);
        ReplicationStatus before = status(workgroup);
        return new SecondaryRegionState(
                wanted,
                next,
                holder,
                secondary,
                undecided && next == null,
                before == null ? null : before.region(),
                null);
    }

    /** The same, with the ReplicaCmek as read past the cache; empty where it is gone. */
    public SecondaryRegionState with(Optional<ReplicaCmek> fresh) {
        return record == null
                ? this
                : new SecondaryRegionState(
                        wanted,
                        record,
                        fresh,
                        secondary(wanted.region(), record, fresh),
                        undecided,
                        shownBefore,
                        unread);
    }

    /**
     * The same after a failed read of the ReplicaCmeks past the cache: it pins no keys and admits no new database.
     *
     * @param recorded the stored record
     * @param why as a sentence's end
     */
    public SecondaryRegionState unread(@Nullable SecondaryCmek recorded, String why) {
        return new SecondaryRegionState(wanted, recorded, holder, secondary, true, shownBefore, why);
    }

    public ReplicationGate gate() {
        ReplicationGate gate = ReplicationGate.of(wanted, secondary);
        if (unread == null || wanted.admittedBefore().containsAll(gate.admitted())) {
            return gate;
        }
        List<String> admitted = gate.admitted().stream()
                .filter(wanted.admittedBefore()::contains)
                .toList();
        return new ReplicationGate(
                admitted,
                wanted.databases().stream().filter(d -> !admitted.contains(d)).toList(),
                ConditionResult.pending(
                        "New databases wait: the read of the ReplicaCmeks of " + wanted.region() + " " + unread + "."));
    }

    /**
     * The replication status of the Workgroup; null where there is none. The CRD's validation rules on spec.replication use it. The record shows that
     * the region was configured. For a workgroup without CMEK, which has no record, the region shows that a database was admitted.
     */
    public @Nullable ReplicationStatus status() {
        ReplicationGate gate = gate();
        boolean showsWish = wanted.hasCmek() || !gate.admitted().isEmpty();
        String shown = !showsWish ? shownBefore : wanted.region().isEmpty() ? null : wanted.region();
        if (shown == null && record == null) {
            return null;
        }
        return new ReplicationStatus(
                shown,
                gate.admitted(),
                gate.blocked().stream()
                        .map(name ->
                                new BlockedDatabase(name, gate.result().reason().name()))
                        .toList(),
                record);
    }

    /** Whether the gate admits a database that was not admitted before. */
    public boolean admitsNewDatabases() {
        return wanted.hasCmek() && !wanted.admittedBefore().containsAll(gate().admitted());
    }

    /** Whether the keys are about to be pinned, for the first time or after the record was lost. */
    public boolean isFirstConfiguration(Workgroup workgroup) {
        return record != null && ReplicaCmekRequest.record(workgroup) == null;
    }

    /**
     * The result of {@code FailoverReady}: whether the service could run in the secondary region now. Empty where no CMEK replication is requested.
     */
    public Optional<ConditionResult> failover() {
        if (!wanted.hasCmek() || wanted.databases().isEmpty()) {
            return Optional.empty();
        }
        String cannot = "The service cannot run in " + wanted.region() + " right now: ";
        return Optional.of(
                switch (secondary) {
                    case SecondaryState.None() ->
                        ConditionResult.ofFalse(
                                Reason.SecondaryCmekRequired, cannot + "it has no CMEK. Apply a ReplicaCmek.");
                    case SecondaryState.Pending(String name, ConditionResult health) ->
                        ConditionResult.ofFalse(Reason.SecondaryNotReady, cannot + health.message());
                    case SecondaryState.Unreadable unreadable ->
                        ConditionResult.ofFalse(Reason.SecondaryNotReady, cannot + unreadable.why());
                    case SecondaryState.OtherRegion(String region) ->
                        ConditionResult.ofFalse(
                                Reason.KeysDifferFromConfigured, cannot + "CMEK was configured for " + region + ".");
                    case SecondaryState.Configured(String name, ConditionResult health, boolean staying) ->
                        missingForFailover(health)
                                .map(why -> ConditionResult.ofFalse(Reason.SecondaryNotReady, cannot + why))
                                .orElseGet(() -> ConditionResult.ofTrue(
                                        Reason.SecondaryReady,
                                        "The service can run in " + wanted.region()
                                                + ": keys, access and buckets of the ReplicaCmek " + name
                                                + " are usable."));
                });
    }

    /**
     * Why a failover is not possible. It needs the secondary region's keys, buckets and volumes, and the policies on both sides. It does not need a
     * usable primary key: an unusable one is a reason for a failover.
     */
    private Optional<String> missingForFailover(ConditionResult health) {
        ReplicaCmekStatus status = holder.map(ReplicaCmek::getStatus).orElse(null);
        if (status == null) {
            return Optional.of(health.message());
        }
        Optional<String> noPolicy = status.conditions().stream()
                .filter(c -> c.type().equals(ConditionType.PolicyApplied.name()))
                .filter(c -> c.status().equals("False"))
                .map(Condition::message)
                .findFirst();
        boolean usable = !status.keys().isEmpty()
                && status.keys().stream()
                        .filter(line -> line.purpose() != Purpose.Primary)
                        .allMatch(line -> line.state() == KeyEncryptionState.ENABLED);
        return usable ? noPolicy : noPolicy.or(() -> Optional.of(health.message()));
    }

    /**
     * Why a deleted ReplicaCmek stays: databases replicate under it.
     *
     * @param workgroup the Workgroup that it names, read past the cache
     */
    public static Optional<ConditionResult> holds(ReplicaCmek replica, Optional<Workgroup> workgroup) {
        return workgroup
                .filter(NotUnderstood::isReadable)
                .filter(w -> !w.isMarkedForDeletion())
                .filter(w -> w.getSpec().cmek() != null)
                .filter(w -> !databases(w.getSpec().replication()).isEmpty())
                .filter(w -> PinnedSecondaryKeys.eligibility(
                                ReplicaCmekRequest.record(w), ReplicaCmekRequest.candidate(replica, false))
                        == PinnedSecondaryKeys.Ownership.Owner)
                .map(w -> ConditionResult.ofFalse(
                        Reason.InUse,
                        "The ReplicaCmek stays while the Workgroup "
                                + w.getMetadata().getName() + " replicates "
                                + String.join(", ", databases(w.getSpec().replication()))
                                + " under it. Remove those databases from its spec.replication.databases first."));
    }

    /** Whether a deleted ReplicaCmek stays for now: because of {@link #holds} or {@link #isSourceForLostRecord}. */
    static boolean keeps(ReplicaCmek replica, Workgroup workgroup) {
        return isSourceForLostRecord(replica, workgroup)
                || holds(replica, Optional.of(workgroup)).isPresent();
    }

    /** Whether a deleted Workgroup stays for now: as long as the ReplicaCmek exists that its record names. */
    static boolean isKept(Workgroup workgroup, Collection<ReplicaCmek> replicas) {
        SecondaryCmek record = ReplicaCmekRequest.record(workgroup);
        return (record == null ? enabledOnce(replicas) : holder(record, replicas)).isPresent();
    }

    /** The holder where the record was lost with the status of a deleted Workgroup: nothing rebuilds the record then. */
    private static Optional<ReplicaCmek> enabledOnce(Collection<ReplicaCmek> replicas) {
        return replicas.stream()
                .filter(NotUnderstood::isReadable)
                .filter(r -> ReplicaCmekRequest.candidate(r, false).wasEnabled())
                .findFirst();
    }

    /** Why the recorded ReplicaCmek cannot be read by this version. No other ReplicaCmek takes over its record. */
    private static Optional<String> unreadable(@Nullable SecondaryCmek record, Collection<ReplicaCmek> all) {
        return record == null
                ? Optional.empty()
                : all.stream()
                        .filter(r -> !NotUnderstood.isReadable(r))
                        .map(r -> r.getMetadata().getName())
                        .filter(record.name()::equals)
                        .findFirst();
    }

    private static Optional<ReplicaCmek> holder(@Nullable SecondaryCmek record, Collection<ReplicaCmek> replicas) {
        return record == null
                ? Optional.empty()
                : replicas.stream()
                        .filter(r -> PinnedSecondaryKeys.eligibility(record, ReplicaCmekRequest.candidate(r, false))
                                == PinnedSecondaryKeys.Ownership.Owner)
                        .findFirst();
    }

    /**
     * Whether the record was lost and will be rebuilt from the status of this ReplicaCmek. Until then the ReplicaCmek must stay unchanged: otherwise
     * its keys could be replaced.
     */
    public static boolean isSourceForLostRecord(ReplicaCmek replica, Workgroup workgroup) {
        return NotUnderstood.isReadable(workgroup)
                && !workgroup.isMarkedForDeletion()
                && workgroup.getSpec().cmek() != null
                && ReplicaCmekRequest.record(workgroup) == null
                && ReplicaCmekRequest.candidate(replica, false).wasEnabled();
    }

    private static SecondaryState secondary(String region, SecondaryCmek record, Optional<ReplicaCmek> holder) {
        String configured = KeyArn.parse(record.dataBucketKeyID()).region();
        if (!region.isEmpty() && !configured.equals(region)) {
            return new SecondaryState.OtherRegion(configured);
        }
        return holder.<SecondaryState>map(r ->
                        new SecondaryState.Configured(r.getMetadata().getName(), health(r), !r.isMarkedForDeletion()))
                .orElseGet(SecondaryState.None::new);
    }

    private static ConditionResult health(ReplicaCmek replica) {
        String name = replica.getMetadata().getName();
        if (replica.getStatus() == null) {
            return ConditionResult.ofFalse(Reason.SecondaryNotReady, "The ReplicaCmek " + name + " has no status yet.");
        }
        return replica.getStatus().conditions().stream()
                .filter(c -> c.type().equals(ConditionType.Ready.name()))
                .filter(c -> Objects.equals(
                        c.observedGeneration(), replica.getMetadata().getGeneration()))
                .findFirst()
                .map(SecondaryRegionState::health)
                .orElseGet(() -> ConditionResult.ofFalse(
                        Reason.SecondaryNotReady,
                        "The ReplicaCmek " + name + " has no status for its current spec yet."));
    }

    private static ConditionResult health(Condition ready) {
        return ready.status().equals("True")
                ? ConditionResult.ofTrue(Reason.SecondaryReady, ready.message())
                : ConditionResult.ofFalse(Reason.SecondaryNotReady, ready.message());
    }

    private static List<String> databases(@Nullable Replication replication) {
        return replication == null || replication.databases() == null ? List.of() : replication.databases();
    }

    /** The databases that are admitted and still listed. */
    static List<String> replicating(Workgroup workgroup) {
        return databases(workgroup.getSpec().replication()).stream()
                .filter(admittedBefore(workgroup)::contains)
                .sorted()
                .toList();
    }

    /** The admitted databases. An admission counts only for the region for which it was given. */
    private static List<String> admittedBefore(Workgroup workgroup) {
        Replication asked = workgroup.getSpec().replication();
        ReplicationStatus status = status(workgroup);
        return asked == null || status == null || !asked.region().equals(status.region())
                ? List.of()
                : status.admitted();
    }

    private static @Nullable ReplicationStatus status(Workgroup workgroup) {
        return workgroup.getStatus() == null ? null : workgroup.getStatus().replication();
    }
}
