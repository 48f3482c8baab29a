package io.cmek.operator.replication;

import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import java.util.List;

/**
 * Which of the databases listed for replication may replicate (R5, R6).
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
     * @param hasCmek whether the workgroup has CMEK in its primary region
     * @param region the secondary region, empty where no replication is asked for
     */
    public static Gate of(boolean hasCmek, String region, List<String> databases) {
        if (databases.isEmpty()) {
            return new Gate(
                    List.of(),
                    List.of(),
                    Judgement.good(Reason.NotRequested, "No database is listed for replication."));
        }
        if (!hasCmek) {
            return new Gate(
                    databases,
                    List.of(),
                    Judgement.good(
                            Reason.NoCmek,
                            "The workgroup has no CMEK, so its databases replicate to " + region + " without it."));
        }
        return new Gate(
                List.of(),
                databases,
                Judgement.bad(
                        Reason.SecondaryCmekRequired,
                        "The databases " + String.join(", ", databases) + " wait: the workgroup has CMEK, so " + region
                                + " needs it before data replicates there. Apply a ReplicaCmek for " + region + "."));
    }
}
