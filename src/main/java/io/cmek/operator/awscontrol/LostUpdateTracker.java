package io.cmek.operator.awscontrol;

import io.cmek.operator.policy.KeyPlan.LostUpdate;
import io.cmek.operator.policy.PolicyDocument;
import io.cmek.operator.policy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.policy.PolicyWrite;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What others wrote to one key policy between a read of ours and the write that followed it: our write has replaced it without a trace in KMS.
 * Only CloudTrail tells of it, a while later. Its times are compared with the wall clock's, because nothing else names a moment that both
 * know. Not for several threads.
 */
final class LostUpdateTracker {

    /** CloudTrail and EventBridge are seldom later. */
    private static final Duration MEMORY = Duration.ofMinutes(30);

    /** CloudTrail's times are whole seconds, and of another clock. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private static final int MOST_WRITES = 8;
    private static final int MOST_UPDATES = 32;

    /**
     * A write of ours.
     *
     * @param read when the policy was asked for
     * @param written when KMS had answered
     * @param base the policy as it was read
     */
    private record Write(Instant read, Instant written, String base) {}

    private List<Write> writes = List.of();
    private List<LostUpdate> updates = List.of();

    /** Takes note of a write of ours, or of one of which it is not known whether KMS has made it. */
    void wrote(Instant read, Instant now, String base) {
        var after = new ArrayList<>(writes.stream()
                .filter(w -> w.written().isAfter(now.minus(MEMORY)))
                .toList());
        after.add(new Write(read, now, base));
        writes = last(after, MOST_WRITES);
    }

    /** Handles what CloudTrail tells of a write; our own writes are told as well, and change nothing of others. */
    void handle(PolicyWrite theirs) {
        for (Write ours : writes) {
            if (!theirs.at().isBefore(ours.read().minus(SLACK))
                    && !theirs.at().isAfter(ours.written().plus(SLACK))) {
                add(theirs, ours);
            }
        }
    }

    private void add(PolicyWrite theirs, Write ours) {
        try {
            var after = new ArrayList<>(updates);
            after.add(new LostUpdate(PolicyDocument.parse(ours.base()), PolicyDocument.parse(theirs.document())));
            updates = last(after, MOST_UPDATES);
        } catch (UnreadablePolicyException e) {
            // KMS would not have accepted it: whoever sent this is not CloudTrail.
            return;
        }
    }

    private static <T> List<T> last(List<T> all, int most) {
        return List.copyOf(all.subList(Math.max(0, all.size() - most), all.size()));
    }

    List<LostUpdate> updates() {
        return updates;
    }

    /** These are in the policy again, or have been found to be there. */
    void resolved(List<LostUpdate> done) {
        updates = updates.stream().filter(u -> !done.contains(u)).toList();
    }
}
