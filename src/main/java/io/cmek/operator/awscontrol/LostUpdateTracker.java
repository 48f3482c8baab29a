package io.cmek.operator.awscontrol;

import io.cmek.operator.keypolicy.KeyPlan.LostUpdate;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.PolicyDocument;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Detects lost updates: another writer's PutKeyPolicy between a read of the operator and its own write. The operator's write replaces that update,
 * and KMS keeps no trace of it. Only CloudTrail reports it, later. Times are wall-clock times, because CloudTrail has no others. Not thread-safe.
 *
 * <p>Each event counts once, and events of the operator's own writes do not count. CloudTrail and SQS may deliver an event again after minutes.
 * Meanwhile its author or the key's owner may have removed the statement, and the operator must not restore it.
 */
final class LostUpdateTracker {

    /** CloudTrail and EventBridge are rarely later than this. */
    private static final Duration MEMORY = Duration.ofMinutes(30);

    /** CloudTrail's times are whole seconds of another clock. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private static final int MAX_WRITES = 8;
    private static final int MAX_UPDATES = 32;

    /** Far more events than overlap with {@link #MAX_WRITES} writes. */
    private static final int MAX_EVENTS = 256;

    /** More than the writes. An event of a discarded write may still arrive, and its time may overlap with a later write. */
    private static final int MAX_DOCUMENTS = 32;

    /**
     * A PutKeyPolicy of the operator.
     *
     * @param read time of the read request before it
     * @param written time of the response from KMS
     * @param base the policy as read
     */
    private record Write(Instant read, Instant written, String base) {}

    /**
     * A document that the operator wrote.
     *
     * @param digest in place of the text, which may be long
     */
    private record Document(Instant written, String digest) {}

    /**
     * A handled event.
     *
     * @param handled time by the clock of the operator's writes
     * @param at time by CloudTrail
     */
    private record Event(Instant handled, Instant at, String digest) {

        boolean isOf(PolicyWrite theirs, String document) {
            return at.equals(theirs.at()) && digest.equals(document);
        }
    }

    private List<Write> writes = List.of();
    private List<Document> ours = List.of();
    private List<Event> events = List.of();
    private List<LostUpdate> updates = List.of();

    /**
     * Drops entries that are too old for further CloudTrail events. An event is handled after the writes that it overlaps, so it outlives them here.
     */
    void forget(Instant now) {
        Instant oldest = now.minus(MEMORY);
        writes = writes.stream().filter(w -> w.written().isAfter(oldest)).toList();
        ours = ours.stream().filter(d -> d.written().isAfter(oldest)).toList();
        events = events.stream().filter(e -> e.handled().isAfter(oldest)).toList();
    }

    /**
     * Records a PutKeyPolicy of the operator that succeeded, or whose outcome is unknown.
     *
     * @param base the policy as read
     * @param document the policy as sent
     */
    void wrote(Instant read, Instant now, String base, String document) {
        forget(now);
        writes = with(writes, new Write(read, now, base), MAX_WRITES);
        ours = with(ours, new Document(now, KeyPolicyText.of(document).digest()), MAX_DOCUMENTS);
    }

    /** Handles a write that CloudTrail reports, once. Ignores documents that the operator wrote itself. */
    void handle(PolicyWrite theirs, Instant now) {
        forget(now);
        List<Write> overlapping =
                writes.stream().filter(w -> mayHaveReplaced(w, theirs)).toList();
        if (overlapping.isEmpty()) {
            return;
        }
        String digest = KeyPolicyText.of(theirs.document()).digest();
        if (ours.stream().anyMatch(d -> d.digest().equals(digest))
                || events.stream().anyMatch(e -> e.isOf(theirs, digest))) {
            return;
        }
        events = with(events, new Event(now, theirs.at(), digest), MAX_EVENTS);
        overlapping.forEach(w -> add(theirs, w));
    }

    private static boolean mayHaveReplaced(Write ours, PolicyWrite theirs) {
        return !theirs.at().isBefore(ours.read().minus(SLACK))
                && !theirs.at().isAfter(ours.written().plus(SLACK));
    }

    private void add(PolicyWrite theirs, Write ours) {
        try {
            var update = new LostUpdate(PolicyDocument.parse(ours.base()), PolicyDocument.parse(theirs.document()));
            updates = with(updates, update, MAX_UPDATES);
        } catch (UnreadablePolicyException e) {
            // KMS would not have accepted the document, so this event does not come from CloudTrail.
            return;
        }
    }

    /** The list plus one entry, limited to the latest ones. */
    private static <T> List<T> with(List<T> all, T one, int most) {
        var after = new ArrayList<>(all);
        after.add(one);
        return List.copyOf(after.subList(Math.max(0, after.size() - most), after.size()));
    }

    List<LostUpdate> updates() {
        return updates;
    }

    /** Removes the updates that the policy has again. */
    void resolved(List<LostUpdate> done) {
        updates = updates.stream().filter(u -> !done.contains(u)).toList();
    }

    /** Whether all entries are gone. For tests of eviction. */
    boolean isEmpty() {
        return writes.isEmpty() && ours.isEmpty() && events.isEmpty() && updates.isEmpty();
    }
}
