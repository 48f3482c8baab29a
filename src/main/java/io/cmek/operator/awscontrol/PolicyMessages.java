package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyMerge.Replay;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Event messages about writes to one key's policy, by the operator and by others. */
record PolicyMessages(KeyArn key) {

    /**
     * The operator restored its own statements, which another writer had removed.
     *
     * @param losses a clause for each statement
     * @param after time of the last read of the policy before the change, null if there was none
     * @param by time of the read that showed the change
     */
    DriftRepair ofOurs(List<String> losses, @Nullable Instant after, Instant by) {
        return new DriftRepair(
                DriftRepair.What.POLICY,
                "In the policy of " + key + ", " + String.join(", and ", losses) + ". "
                        + DriftRepair.when(after, by)
                        + " The operator restored it. CloudTrail shows who changed it (PutKeyPolicy).",
                false);
    }

    /** A write of the operator replaced statements of another writer, and the operator restores them. */
    DriftRepair putBack(Replay replay) {
        return ofOthers(
                replay,
                "The operator restored it from CloudTrail (PutKeyPolicy).",
                !replay.returned().isEmpty());
    }

    /** A write of the operator replaced statements of another writer, and leaves it to the author to restore them. */
    DriftRepair taken(Replay replay) {
        return ofOthers(replay, "Its author must write it again. CloudTrail has it (PutKeyPolicy).", true);
    }

    private DriftRepair ofOthers(Replay replay, String remedy, boolean lossy) {
        return new DriftRepair(
                DriftRepair.What.STATEMENTS_OF_OTHERS,
                "Policy of " + key + ":" + lost(replay, remedy) + returned(replay),
                lossy);
    }

    /** Another writer reverts the policy each time. */
    String changedBack(List<String> losses, int times, Instant notBefore) {
        return "In the policy of " + key + ", " + String.join(", and ", losses)
                + ", after the operator had restored it "
                + (times == 1 ? "once" : times + " times") + ". The next repair is at "
                + notBefore.truncatedTo(ChronoUnit.SECONDS)
                + ". CloudTrail shows who changes it (PutKeyPolicy).";
    }

    /** Another writer writes at the same time each time. */
    String contested() {
        return "The policy of " + key
                + " was written by another writer each time the operator wrote it. The operator retries.";
    }

    /** @param sids of the statements that were written for a resource that is gone */
    String leftBehind(List<String> sids) {
        return "While the operator wrote the policy of " + key + ", the resource was deleted. "
                + String.join(", ", sids)
                + " in that policy gives access that no resource requests now. If it exists and is not needed,"
                + " the key's owner can remove it.";
    }

    private static String lost(Replay replay, String remedy) {
        return replay.restored().isEmpty()
                ? ""
                : " A concurrent update by another writer wrote " + named(replay.restored())
                        + ", and the operator's write overwrote it. "
                        + remedy;
    }

    private static String returned(Replay replay) {
        return replay.returned().isEmpty()
                ? ""
                : " Another writer removed " + named(replay.returned())
                        + ", and a concurrent write of the operator brought it back. If it is not needed, remove"
                        + " it once more.";
    }

    private static String named(List<String> statements) {
        return (statements.size() == 1 ? "the statement " : "the statements ") + String.join(", ", statements);
    }
}
