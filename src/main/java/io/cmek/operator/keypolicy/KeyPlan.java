package io.cmek.operator.keypolicy;

import io.cmek.operator.keypolicy.PolicyMerge.Replay;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What is to be done about a key policy as it was read. */
public sealed interface KeyPlan {

    /** What of others is put back, or would be if it were to be. */
    Replay replay();

    /** The policy has all that it is to have. */
    record Nothing(Replay replay) implements KeyPlan {}

    /** The policy is to be replaced by this document. */
    record Write(Replay replay, PolicyDocument document) implements KeyPlan {}

    /** KMS would refuse the document. */
    record Refuse(Replay replay, List<PolicyViolation> problems) implements KeyPlan {}

    /**
     * What somebody else made of a policy in the moment in which a write of ours replaced it.
     *
     * @param base the policy that both started from
     * @param theirs what the other one made of it
     */
    record LostUpdate(PolicyDocument base, PolicyDocument theirs) {}

    /**
     * @param written what our last write has made of the policy, null where there was none
     * @param now the policy as it was read
     * @param lost what writes of ours may have taken from others
     * @param restores whether that is put back; else it is only told
     * @param revision what is added or taken away
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
