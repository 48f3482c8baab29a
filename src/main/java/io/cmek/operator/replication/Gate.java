package io.cmek.operator.replication;

import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import java.util.Collection;
import java.util.List;

/**
 * Which of the databases listed for replication may replicate (R5, R6). Admission is per database and region, and once and for all: a
 * database that replicates already has its data in the secondary region, and stopping it would help nobody.
 *
 * @param admitted may replicate
 * @param blocked wait, each for the judgement's reason
 */
public record Gate(List<String> admitted, List<String> blocked, Judgement judgement) {

    public Gate {
        admitted = List.copyOf(admitted);
        blocked = List.copyOf(blocked);
    }

    /**
     * What a workgroup asks for.
     *
     * @param hasCmek whether it has CMEK in its primary region
     * @param region the secondary region, empty where no replication is asked for
     * @param databases those listed for replication
     * @param admittedBefore those that the status says are admitted to this region; an admission to another one says nothing about it
     */
    public record Wish(boolean hasCmek, String region, List<String> databases, Collection<String> admittedBefore) {}

    public static Gate of(Wish wish, Secondary secondary) {
        if (wish.databases().isEmpty()) {
            return new Gate(
                    List.of(),
                    List.of(),
                    Judgement.good(Reason.NotRequested, "No database is listed for replication."));
        }
        if (!wish.hasCmek()) {
            return new Gate(
                    wish.databases(),
                    List.of(),
                    Judgement.good(
                            Reason.NoCmek,
                            "The workgroup has no CMEK, so its databases replicate to " + wish.region()
                                    + " without it."));
        }
        boolean open = secondary instanceof Secondary.Configured configured && configured.isReady();
        // Where CMEK was configured for another region, this one never had any: nothing can have been admitted to it.
        boolean kept = !(secondary instanceof Secondary.Elsewhere);
        List<String> admitted = wish.databases().stream()
                .filter(d -> open || kept && wish.admittedBefore().contains(d))
                .toList();
        List<String> blocked =
                wish.databases().stream().filter(d -> !admitted.contains(d)).toList();
        return new Gate(admitted, blocked, judge(wish.region(), admitted, blocked, secondary));
    }

    private static Judgement judge(String region, List<String> admitted, List<String> blocked, Secondary secondary) {
        String waiting = blocked.isEmpty()
                ? "New databases wait"
                : blocked.size() == 1
                        ? "The database " + blocked.getFirst() + " waits"
                        : "The databases " + String.join(", ", blocked) + " wait";
        String replicating =
                admitted.isEmpty() ? "" : " " + String.join(", ", admitted) + " replicate already and go on.";
        return switch (secondary) {
            case Secondary.None() ->
                Judgement.bad(
                        Reason.SecondaryCmekRequired,
                        waiting + ": the workgroup has CMEK, so " + region
                                + " needs it before data replicates there. Apply a ReplicaCmek for " + region + "."
                                + replicating);
            case Secondary.Unrecorded(String name, Judgement health) ->
                Judgement.bad(
                        Reason.SecondaryNotReady,
                        waiting + " for the ReplicaCmek " + name + ": " + health.message() + replicating);
            case Secondary.Unreadable unreadable ->
                Judgement.bad(Reason.SecondaryNotReady, waiting + ": " + unreadable.why() + replicating);
            case Secondary.Elsewhere(String configured) ->
                Judgement.bad(
                        Reason.KeysDifferFromConfigured,
                        waiting + ": CMEK of the secondary region was configured for " + configured
                                + ", and it is configured once. Set replication.region to " + configured + "."
                                + replicating);
            case Secondary.Configured ready
            when ready.isReady() ->
                Judgement.good(
                        Reason.SecondaryReady,
                        region + " has CMEK, by the ReplicaCmek " + ready.name() + ", and is ready.");
            case Secondary.Configured leaving
            when !leaving.staying() ->
                Judgement.bad(
                        Reason.SecondaryNotReady,
                        waiting + ": the ReplicaCmek " + leaving.name() + " is being deleted." + replicating);
            case Secondary.Configured unready ->
                Judgement.bad(
                        Reason.SecondaryNotReady,
                        waiting + " for the ReplicaCmek " + unready.name() + ": "
                                + unready.health().message() + replicating);
        };
    }
}
