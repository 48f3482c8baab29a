package io.cmek.operator.awscontrol;

import io.cmek.operator.policy.PolicyMerge.Replay;
import java.util.List;
import java.util.Locale;

/** The sentences about the statements of others that a write of ours concerned. */
final class PolicyWords {

    private PolicyWords() {}

    static String lost(Replay replay, String remedy) {
        return replay.restored().isEmpty()
                ? ""
                : " " + capitalized(named(replay.restored()))
                        + " of others had been written in the same moment as the operator's own and was lost by that. "
                        + remedy;
    }

    static String returned(Replay replay) {
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
