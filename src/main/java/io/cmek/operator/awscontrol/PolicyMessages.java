package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyMerge.Replay;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The sentences about what the operator and others make of the policy of one key. */
record PolicyMessages(KeyArn key) {

    /**
     * Others took away what was in place, and it was put back.
     *
     * @param losses a clause for each statement
     * @param after the last read that saw the policy as it had been, null where none did
     * @param by the read that saw the change
     */
    DriftRepair ofOurs(List<String> losses, @Nullable Instant after, Instant by) {
        return new DriftRepair(
                DriftRepair.What.POLICY,
                "In the policy of " + key + ", " + String.join(", and ", losses) + ". "
                        + DriftRepair.when(after, by)
                        + " It was put back as it was; whoever changed it is in CloudTrail (PutKeyPolicy).",
                false);
    }

    /** A write of ours took statements of others, and they are put back. */
    DriftRepair putBack(Replay replay) {
        return ofOthers(
                replay,
                "It was put back as CloudTrail has it (PutKeyPolicy).",
                !replay.returned().isEmpty());
    }

    /** A write of ours took statements of others, and they are left to their authors. */
    DriftRepair taken(Replay replay) {
        return ofOthers(replay, "Who wrote it has to write it again; CloudTrail has it (PutKeyPolicy).", true);
    }

    private DriftRepair ofOthers(Replay replay, String remedy, boolean lossy) {
        return new DriftRepair(
                DriftRepair.What.STATEMENTS_OF_OTHERS,
                "About the policy of " + key + ":" + lost(replay, remedy) + returned(replay),
                lossy);
    }

    /** Others change it back each time. */
    String changedBack(List<String> losses, int times, Instant notBefore) {
        return "In the policy of " + key + ", " + String.join(", and ", losses)
                + ", after the operator had put it back "
                + (times == 1 ? "once" : times + " times") + ". It is put back at "
                + notBefore.truncatedTo(ChronoUnit.SECONDS)
                + ". Find in CloudTrail who changes it (PutKeyPolicy).";
    }

    /** Others write in the same moment each time. */
    String contested() {
        return "The policy of " + key
                + " was written by somebody else each time the operator wrote it; the write is repeated.";
    }

    /** @param sids of the statements that were written for a resource that is gone */
    String leftBehind(List<String> sids) {
        return "While the operator wrote the policy of " + key + ", the resource was deleted. "
                + String.join(", ", sids)
                + " in that policy gives access that nobody asks for now. If it is there and not needed,"
                + " the key's owner can remove it.";
    }

    private static String lost(Replay replay, String remedy) {
        return replay.restored().isEmpty()
                ? ""
                : " " + capitalized(named(replay.restored()))
                        + " of others had been written in the same moment as the operator's own and was lost by that. "
                        + remedy;
    }

    private static String returned(Replay replay) {
        return replay.returned().isEmpty()
                ? ""
                : " Somebody removed " + named(replay.returned())
                        + " in the same moment in which the operator wrote the policy, and by that it is there again. If it is to go, remove"
                        + " it once more.";
    }

    private static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static String named(List<String> statements) {
        return (statements.size() == 1 ? "the statement " : "the statements ") + String.join(", ", statements);
    }
}
