package io.cmek.operator.keypolicy;

import io.cmek.operator.keypolicy.PolicyMerge.Replay;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The next step for a key policy, as read. */
public sealed interface KeyPlan {

    /** The other writers' statements to restore. Restored only if that is enabled. */
    Replay replay();

    /** The policy has all required statements. */
    record Nothing(Replay replay) implements KeyPlan {}

    /** Replace the policy with this document. */
    record Write(Replay replay, PolicyDocument document) implements KeyPlan {}

    /** KMS would reject the document. */
    record Refuse(Replay replay, List<PolicyViolation> problems) implements KeyPlan {}

    /**
     * A policy update by another writer that a write of the operator has replaced.
     *
     * @param base the policy as read by both
     * @param theirs the policy as the other writer sent it
     */
    record LostUpdate(PolicyDocument base, PolicyDocument theirs) {}

    /**
     * @param written the policy after the operator's last write, null if there was none
     * @param now the policy as read
     * @param lost other writers' updates that writes of the operator may have replaced
     * @param restores whether the operator restores these; otherwise it only reports them
     * @param revision adds or removes the operator's statements
     */
    static KeyPlan of(
            PolicyMerge merge,
            @Nullable PolicyDocument written,
            PolicyDocument now,
            List<LostUpdate> lost,
            boolean restores,
            Function<PolicyDocument, MergeResult> revision) {
        PolicyDocument whole = written == null ? now : merge.restore(written, now);
        Replay replay = replay(merge, lost, whole);
        PolicyDocument restored = restores ? replay.policy() : whole;
        return switch (revision.apply(restored)) {
            case MergeResult.InPlace() when restored.equals(now) -> new Nothing(replay);
            case MergeResult.InPlace() -> new Write(replay, restored);
            case MergeResult.Blocked(List<PolicyViolation> problems) -> new Refuse(replay, problems);
            case MergeResult.Write(PolicyDocument document, List<String> sids) -> new Write(replay, document);
        };
    }

    private static Replay replay(PolicyMerge merge, List<LostUpdate> lost, PolicyDocument policy) {
        var restored = new ArrayList<String>();
        var returned = new ArrayList<String>();
        PolicyDocument now = policy;
        for (LostUpdate update : lost) {
            Replay replay = merge.replay(update.base(), update.theirs(), now);
            now = replay.policy();
            restored.addAll(replay.restored());
            returned.addAll(replay.returned());
        }
        return new Replay(now, restored, returned);
    }
}
