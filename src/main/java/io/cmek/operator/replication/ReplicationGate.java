package io.cmek.operator.replication;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import java.util.Collection;
import java.util.List;

/**
 * Which of the listed databases may replicate (R5, R6). An admission is permanent, per database and region. The data of an admitted database is in
 * the secondary region already, so stopping its replication would protect nothing.
 *
 * @param admitted databases that may replicate
 * @param blocked databases that wait for the reason of the condition result
 */
public record ReplicationGate(List<String> admitted, List<String> blocked, ConditionResult result) {

    public ReplicationGate {
        admitted = List.copyOf(admitted);
        blocked = List.copyOf(blocked);
    }

    /**
     * The replication request of a workgroup.
     *
     * @param hasCmek whether it has CMEK in its primary region
     * @param region the secondary region, empty where no replication is requested
     * @param databases those listed for replication
     * @param admittedBefore the databases that the status shows as admitted to this region; admissions to another region do not count
     */
    public record Request(boolean hasCmek, String region, List<String> databases, Collection<String> admittedBefore) {}

    public static ReplicationGate of(Request wanted, SecondaryState secondary) {
        if (wanted.databases().isEmpty()) {
            return new ReplicationGate(
                    List.of(),
                    List.of(),
                    ConditionResult.ofTrue(Reason.NotRequested, "No database is listed for replication."));
        }
        if (!wanted.hasCmek()) {
            return new ReplicationGate(
                    wanted.databases(),
                    List.of(),
                    ConditionResult.ofTrue(
                            Reason.NoCmek,
                            "The workgroup has no CMEK, so its databases replicate to " + wanted.region()
                                    + " without it."));
        }
        boolean open = secondary instanceof SecondaryState.Configured configured && configured.isReady();
        // If CMEK was configured for another region, this region never had it, so nothing can have been admitted to it.
        boolean kept = !(secondary instanceof SecondaryState.OtherRegion);
        List<String> admitted = wanted.databases().stream()
                .filter(d -> open || kept && wanted.admittedBefore().contains(d))
                .toList();
        List<String> blocked =
                wanted.databases().stream().filter(d -> !admitted.contains(d)).toList();
        return new ReplicationGate(admitted, blocked, judge(wanted.region(), admitted, blocked, secondary));
    }

    private static ConditionResult judge(
            String region, List<String> admitted, List<String> blocked, SecondaryState secondary) {
        String waiting = blocked.isEmpty()
                ? "New databases wait"
                : blocked.size() == 1
                        ? "The database " + blocked.getFirst() + " waits"
                        : "The databases " + String.join(", ", blocked) + " wait";
        String replicating = admitted.isEmpty() ? "" : " Still admitted: " + String.join(", ", admitted) + ".";
        String impaired =
                admitted.isEmpty() ? "" : replicating + " They may be unable to replicate until that is fixed.";
        return switch (secondary) {
            case SecondaryState.None() ->
                ConditionResult.ofFalse(
                        Reason.SecondaryCmekRequired,
                        waiting + ": the workgroup has CMEK, so " + region
                                + " needs it before data replicates there. Apply a ReplicaCmek for " + region + "."
                                + replicating);
            case SecondaryState.Pending(String name, ConditionResult health) ->
                ConditionResult.ofFalse(
                        Reason.SecondaryNotReady,
                        waiting + " for the ReplicaCmek " + name + ": " + health.message() + impaired);
            case SecondaryState.Unreadable unreadable ->
                ConditionResult.ofFalse(Reason.SecondaryNotReady, waiting + ": " + unreadable.why() + replicating);
            case SecondaryState.OtherRegion(String configured) ->
                ConditionResult.ofFalse(
                        Reason.KeysDifferFromConfigured,
                        waiting + ": CMEK of the secondary region was configured for " + configured
                                + ", and it is configured once. Set replication.region to " + configured + "."
                                + replicating);
            case SecondaryState.Configured ready
            when ready.isReady() ->
                ConditionResult.ofTrue(
                        Reason.SecondaryReady,
                        region + " has CMEK, by the ReplicaCmek " + ready.name() + ", and is ready.");
            case SecondaryState.Configured leaving
            when !leaving.staying() ->
                ConditionResult.ofFalse(
                        Reason.SecondaryNotReady,
                        waiting + ": the ReplicaCmek " + leaving.name() + " is being deleted." + replicating);
            case SecondaryState.Configured unready ->
                ConditionResult.ofFalse(
                        Reason.SecondaryNotReady,
                        waiting + " for the ReplicaCmek " + unready.name() + ": "
                                + unready.health().message() + impaired);
        };
    }
}
