package io.cmek.operator.resource;

import io.cmek.operator.api.v1alpha1.BlockedDatabase;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.ReplicationStatus;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.replication.Gate;
import io.cmek.operator.replication.Lock;
import io.cmek.operator.replication.Secondary;
import io.cmek.operator.request.Claim;
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
 * The secondary region of a workgroup, as its ReplicaCmeks and its own status tell it.
 *
 * @param record the lock as it should be from now on, null where the region was never configured
 * @param holder the ReplicaCmek that the record names, where it exists
 * @param undecided whether a ReplicaCmek would be recorded but for its own keys and buckets, or for a read that failed
 * @param shownBefore the region in the status, null where there is none
 * @param unread why ReplicaCmeks could not be read past the cache, as a sentence's end; null where they were, or need not be
 */
public record SecondaryRegion(
        Gate.Wish wish,
        @Nullable SecondaryCmek record,
        Optional<ReplicaCmek> holder,
        Secondary secondary,
        boolean undecided,
        @Nullable String shownBefore,
        @Nullable String unread) {

    /**
     * @param all the ReplicaCmeks of the workgroup, and those of its namespace that cannot be read: one of them may be named by the record
     * @param mayBeRecorded whether the keys of a claim may become the record. Asked where there is none: it may have been lost, and the
     *     buckets may tell what it said
     */
    public static SecondaryRegion of(
            Workgroup workgroup,
            Collection<ReplicaCmek> all,
            Function<ReplicaCmek, Claim> claimOf,
            Authorization authorization,
            Predicate<Claim> mayBeRecorded,
            Instant now) {
        List<ReplicaCmek> replicas =
                all.stream().filter(NotUnderstood::isReadable).toList();
        Replication replication = workgroup.getSpec().replication();
        boolean hasCmek = workgroup.getSpec().cmek() != null;
        String region = replication == null ? "" : replication.region();
        var wish = new Gate.Wish(hasCmek, region, databases(replication), admittedBefore(workgroup));
        SecondaryCmek record = ReplicaClaim.record(workgroup);
        boolean undecided = false;
        Optional<String> unreadable = unreadable(record, all);
        if (hasCmek && !workgroup.isMarkedForDeletion() && unreadable.isEmpty()) {
            var candidates = new ArrayList<Lock.Candidate>();
            for (ReplicaCmek replica : replicas) {
                Claim claim = claimOf.apply(replica);
                boolean fits = replica.getSpec().region().equals(region)
                        && !replica.isMarkedForDeletion()
                        && NotUnderstood.of(replica, workgroup).isEmpty()
                        && authorization.judge(claim).isGood();
                boolean decided = !fits || record != null || mayBeRecorded.test(claim);
                undecided |= !decided;
                candidates.add(ReplicaClaim.candidate(replica, fits && decided));
            }
            record = Lock.next(record, candidates, now);
        }
        SecondaryCmek next = record;
        Optional<ReplicaCmek> holder =
                next == null && workgroup.isMarkedForDeletion() ? enabledOnce(replicas) : holder(next, replicas);
        Secondary secondary = next != null && unreadable.isPresent()
                ? new Secondary.Unreadable(unreadable.get())
                : next == null
                        ? replicas.stream()
                                .filter(r -> r.getSpec().region().equals(region) && !r.isMarkedForDeletion())
                                .min(Comparator.comparing(r -> r.getMetadata().getName()))
                                .<Secondary>map(r ->
                                        new Secondary.Unrecorded(r.getMetadata().getName(), health(r)))
                                .orElseGet(Secondary.None::new)
                        : secondary(region, next, holder);
        ReplicationStatus before = status(workgroup);
        return new SecondaryRegion(
                wish,
                next,
                holder,
                secondary,
                undecided && next == null,
                before == null ? null : before.region(),
                null);
    }

    /** The same, with what a fresh look at the ReplicaCmek found; empty where it is gone. */
    public SecondaryRegion with(Optional<ReplicaCmek> fresh) {
        return record == null
                ? this
                : new SecondaryRegion(
                        wish, record, fresh, secondary(wish.region(), record, fresh), undecided, shownBefore, unread);
    }

    /**
     * The same, as long as the ReplicaCmeks cannot be read past the cache: nothing is recorded and no database is admitted that was not before.
     *
     * @param recorded what was recorded before
     * @param why as a sentence's end
     */
    public SecondaryRegion unread(@Nullable SecondaryCmek recorded, String why) {
        return new SecondaryRegion(wish, recorded, holder, secondary, true, shownBefore, why);
    }

    public Gate gate() {
        Gate gate = Gate.of(wish, secondary);
        if (unread == null || wish.admittedBefore().containsAll(gate.admitted())) {
            return gate;
        }
        List<String> admitted =
                gate.admitted().stream().filter(wish.admittedBefore()::contains).toList();
        return new Gate(
                admitted,
                wish.databases().stream().filter(d -> !admitted.contains(d)).toList(),
                Judgement.pending(
                        "New databases wait: the read of the ReplicaCmeks of " + wish.region() + " " + unread + "."));
    }

    /**
     * What the Workgroup's status is to say; null where there is nothing to say. It is also the memory of the CRD's rules on
     * spec.replication: the record tells that the region was configured, and, for a workgroup without CMEK, which has none, the region that
     * a database was admitted.
     */
    public @Nullable ReplicationStatus status() {
        Gate gate = gate();
        boolean showsWish = wish.hasCmek() || !gate.admitted().isEmpty();
        String shown = !showsWish ? shownBefore : wish.region().isEmpty() ? null : wish.region();
        if (shown == null && record == null) {
            return null;
        }
        return new ReplicationStatus(
                shown,
                gate.admitted(),
                gate.blocked().stream()
                        .map(name -> new BlockedDatabase(
                                name, gate.judgement().reason().name()))
                        .toList(),
                record);
    }

    /** Whether the gate opens for a database that was not admitted before. */
    public boolean admitsMore() {
        return wish.hasCmek() && !wish.admittedBefore().containsAll(gate().admitted());
    }

    /** Whether the lock is about to be set, for the first time or after it was lost. */
    public boolean setsLockOf(Workgroup workgroup) {
        return record != null && ReplicaClaim.record(workgroup) == null;
    }

    /** Whether the service could run in the secondary region right now; empty where no CMEK replication is asked for. */
    public Optional<Judgement> failover() {
        if (!wish.hasCmek() || wish.databases().isEmpty()) {
            return Optional.empty();
        }
        String cannot = "The service cannot run in " + wish.region() + " right now: ";
        return Optional.of(
                switch (secondary) {
                    case Secondary.None() ->
                        Judgement.bad(Reason.SecondaryCmekRequired, cannot + "it has no CMEK. Apply a ReplicaCmek.");
                    case Secondary.Unrecorded(String name, Judgement health) ->
                        Judgement.bad(Reason.SecondaryNotReady, cannot + health.message());
                    case Secondary.Unreadable unreadable ->
                        Judgement.bad(Reason.SecondaryNotReady, cannot + unreadable.why());
                    case Secondary.Elsewhere(String region) ->
                        Judgement.bad(
                                Reason.KeysDifferFromConfigured, cannot + "CMEK was configured for " + region + ".");
                    case Secondary.Configured(String name, Judgement health, boolean staying) ->
                        missingForFailover(health)
                                .map(why -> Judgement.bad(Reason.SecondaryNotReady, cannot + why))
                                .orElseGet(() -> Judgement.good(
                                        Reason.SecondaryReady,
                                        "The service can run in " + wish.region()
                                                + ": keys, access and buckets of the ReplicaCmek " + name
                                                + " are usable."));
                });
    }

    /**
     * The keys of the secondary region and what they encrypt count, and the policies on both sides; not whether the primary's key can be used
     * right now: when it cannot, a failover is what is called for.
     */
    private Optional<String> missingForFailover(Judgement health) {
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
                        .allMatch(line -> line.state() == KeyLineState.ENABLED);
        return usable ? noPolicy : noPolicy.or(() -> Optional.of(health.message()));
    }

    /**
     * Why a ReplicaCmek that is deleted has to stay: databases replicate under it.
     *
     * @param workgroup the one that it names, as it is right now
     */
    public static Optional<Judgement> holds(ReplicaCmek replica, Optional<Workgroup> workgroup) {
        return workgroup
                .filter(NotUnderstood::isReadable)
                .filter(w -> !w.isMarkedForDeletion())
                .filter(w -> w.getSpec().cmek() != null)
                .filter(w -> !databases(w.getSpec().replication()).isEmpty())
                .filter(w -> Lock.standing(ReplicaClaim.record(w), ReplicaClaim.candidate(replica, false))
                        == Lock.Standing.Holder)
                .map(w -> Judgement.bad(
                        Reason.InUse,
                        "The ReplicaCmek stays while the Workgroup "
                                + w.getMetadata().getName() + " replicates "
                                + String.join(", ", databases(w.getSpec().replication()))
                                + " under it. Remove those databases from its spec.replication.databases first."));
    }

    /** Whether a ReplicaCmek that is being deleted stays for now: {@link #holds}, or {@link #isRebuiltFrom}. */
    static boolean keeps(ReplicaCmek replica, Workgroup workgroup) {
        return isRebuiltFrom(replica, workgroup)
                || holds(replica, Optional.of(workgroup)).isPresent();
    }

    /** Whether a Workgroup that is being deleted stays for now: while the ReplicaCmek exists that its record names. */
    static boolean isKept(Workgroup workgroup, Collection<ReplicaCmek> replicas) {
        SecondaryCmek record = ReplicaClaim.record(workgroup);
        return (record == null ? enabledOnce(replicas) : holder(record, replicas)).isPresent();
    }

    /** The record was lost with the status of a Workgroup that is being deleted, so nobody makes it again. */
    private static Optional<ReplicaCmek> enabledOnce(Collection<ReplicaCmek> replicas) {
        return replicas.stream()
                .filter(NotUnderstood::isReadable)
                .filter(r -> ReplicaClaim.candidate(r, false).wasEnabled())
                .findFirst();
    }

    /** The ReplicaCmek that the record names, where this version cannot read it. Nobody takes over from it. */
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
                        .filter(r -> Lock.standing(record, ReplicaClaim.candidate(r, false)) == Lock.Standing.Holder)
                        .findFirst();
    }

    /**
     * Whether the record was lost and is about to be rebuilt from the status of this ReplicaCmek, which has to stay and be left as it is until
     * then: its keys could be exchanged for others otherwise.
     */
    public static boolean isRebuiltFrom(ReplicaCmek replica, Workgroup workgroup) {
        return NotUnderstood.isReadable(workgroup)
                && !workgroup.isMarkedForDeletion()
                && workgroup.getSpec().cmek() != null
                && ReplicaClaim.record(workgroup) == null
                && ReplicaClaim.candidate(replica, false).wasEnabled();
    }

    private static Secondary secondary(String region, SecondaryCmek record, Optional<ReplicaCmek> holder) {
        String configured = KeyArn.parse(record.dataBucketKeyID()).region();
        if (!region.isEmpty() && !configured.equals(region)) {
            return new Secondary.Elsewhere(configured);
        }
        return holder.<Secondary>map(
                        r -> new Secondary.Configured(r.getMetadata().getName(), health(r), !r.isMarkedForDeletion()))
                .orElseGet(Secondary.None::new);
    }

    private static Judgement health(ReplicaCmek replica) {
        String name = replica.getMetadata().getName();
        if (replica.getStatus() == null) {
            return Judgement.bad(Reason.SecondaryNotReady, "The ReplicaCmek " + name + " has no status yet.");
        }
        return replica.getStatus().conditions().stream()
                .filter(c -> c.type().equals(ConditionType.Ready.name()))
                .filter(c -> Objects.equals(
                        c.observedGeneration(), replica.getMetadata().getGeneration()))
                .findFirst()
                .map(SecondaryRegion::health)
                .orElseGet(() ->
                        Judgement.bad(Reason.SecondaryNotReady, "The ReplicaCmek " + name + " is being looked at."));
    }

    private static Judgement health(Condition ready) {
        return ready.status().equals("True")
                ? Judgement.good(Reason.SecondaryReady, ready.message())
                : Judgement.bad(Reason.SecondaryNotReady, ready.message());
    }

    private static List<String> databases(@Nullable Replication replication) {
        return replication == null || replication.databases() == null ? List.of() : replication.databases();
    }

    /** The databases that were admitted and are still asked for. */
    static List<String> replicating(Workgroup workgroup) {
        return databases(workgroup.getSpec().replication()).stream()
                .filter(admittedBefore(workgroup)::contains)
                .sorted()
                .toList();
    }

    /** An admission counts only for the region for which it was given. */
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
