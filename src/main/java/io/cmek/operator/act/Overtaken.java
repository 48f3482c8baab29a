package io.cmek.operator.act;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.PolicyDocument;
import io.cmek.operator.policy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.policy.PolicyWrite;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What others wrote to key policies in the moment between a read of ours and the write that followed it: our write has taken it away without
 * a trace in KMS. Only CloudTrail tells of it, a while later.
 */
final class Overtaken {

    /** CloudTrail and EventBridge are seldom later. */
    private static final Duration MEMORY = Duration.ofMinutes(30);

    /** CloudTrail's times are whole seconds, and of another clock. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private static final int MOST_WRITES = 8;
    private static final int MOST_CHANGES = 32;

    /**
     * A write of ours.
     *
     * @param read when the policy was asked for
     * @param written when KMS had answered
     * @param base the policy as it was read
     */
    private record Write(Instant read, Instant written, String base) {}

    /**
     * @param base the policy that both started from
     * @param theirs what the other one made of it
     */
    record Change(PolicyDocument base, PolicyDocument theirs) {}

    private final Clock clock;
    private final Map<KeyArn, List<Write>> writes = new ConcurrentHashMap<>();
    private final Map<KeyArn, List<Change>> changes = new ConcurrentHashMap<>();

    Overtaken(Clock clock) {
        this.clock = clock;
    }

    /** Takes note of a write of ours, or of one of which it is not known whether KMS has made it. */
    void wrote(KeyArn key, Instant read, String base) {
        Instant now = clock.instant();
        writes.compute(key, (k, before) -> {
            var after = new ArrayList<Write>();
            if (before != null) {
                before.stream()
                        .filter(w -> w.written().isAfter(now.minus(MEMORY)))
                        .forEach(after::add);
            }
            after.add(new Write(read, now, base));
            return after.size() <= MOST_WRITES ? List.copyOf(after) : List.copyOf(after.subList(1, after.size()));
        });
    }

    /** @return whether this may be something that we wrote over; our own writes are told as well, and change nothing of others */
    boolean heed(PolicyWrite theirs) {
        boolean heeded = false;
        for (Write ours : writes.getOrDefault(theirs.key(), List.of())) {
            if (!theirs.at().isBefore(ours.read().minus(SLACK))
                    && !theirs.at().isAfter(ours.written().plus(SLACK))) {
                heeded |= add(theirs, ours);
            }
        }
        return heeded;
    }

    private boolean add(PolicyWrite theirs, Write ours) {
        try {
            var change = new Change(PolicyDocument.parse(ours.base()), PolicyDocument.parse(theirs.document()));
            changes.compute(theirs.key(), (k, before) -> {
                var after = new ArrayList<Change>(before == null ? List.of() : before);
                after.add(change);
                return List.copyOf(after.subList(Math.max(0, after.size() - MOST_CHANGES), after.size()));
            });
            return true;
        } catch (UnreadablePolicyException e) {
            // KMS would not have accepted it: whoever sent this is not CloudTrail.
            return false;
        }
    }

    List<Change> of(KeyArn key) {
        return changes.getOrDefault(key, List.of());
    }

    /** These are in the policy again, or have been found to be there. */
    void settled(KeyArn key, List<Change> done) {
        changes.computeIfPresent(key, (k, all) -> {
            List<Change> left = all.stream().filter(c -> !done.contains(c)).toList();
            return left.isEmpty() ? null : left;
        });
    }
}
