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
 * What others wrote to one key policy between a read of ours and the write that followed it: our write has replaced it without a trace in KMS.
 * Only CloudTrail tells of it, a while later. Its times are compared with the wall clock's, because nothing else names a moment that both
 * know. Not for several threads.
 *
 * <p>An event counts once, and one of a write of ours not at all. CloudTrail and SQS may deliver an event again, minutes later. Its author, or the
 * key's owner, may have removed the statement meanwhile, and it is not to come back.
 */
final class LostUpdateTracker {

    /** CloudTrail and EventBridge are seldom later. */
    private static final Duration MEMORY = Duration.ofMinutes(30);

    /** CloudTrail's times are whole seconds, and of another clock. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private static final int MAX_WRITES = 8;
    private static final int MAX_UPDATES = 32;

    /** Many more than come within the time of so few writes. */
    private static final int MAX_EVENTS = 256;

    /** More than the writes: by its time, the event of a write of ours that was forgotten may belong to a later one, too. */
    private static final int MAX_DOCUMENTS = 32;

    /**
     * A write of ours.
     *
     * @param read when the policy was asked for
     * @param written when KMS had answered
     * @param base the policy as it was read
     */
    private record Write(Instant read, Instant written, String base) {}

    /**
     * A document that we wrote.
     *
     * @param digest in place of the text, which may be long
     */
    private record Document(Instant written, String digest) {}

    /**
     * An event that was handled.
     *
     * @param handled by the same clock as our writes
     * @param at as CloudTrail has it
     */
    private record Event(Instant handled, Instant at, String digest) {

        boolean tells(PolicyWrite theirs, String document) {
            return at.equals(theirs.at()) && digest.equals(document);
        }
    }

    private List<Write> writes = List.of();
    private List<Document> ours = List.of();
    private List<Event> events = List.of();
    private List<LostUpdate> updates = List.of();

    /** Forgets what is so old that CloudTrail tells no more of it. An event was handled after the writes that it concerns, and outlives them here. */
    void forget(Instant now) {
        Instant oldest = now.minus(MEMORY);
        writes = writes.stream().filter(w -> w.written().isAfter(oldest)).toList();
        ours = ours.stream().filter(d -> d.written().isAfter(oldest)).toList();
        events = events.stream().filter(e -> e.handled().isAfter(oldest)).toList();
    }

    /**
     * Takes note of a write of ours, or of one of which it is not known whether KMS has made it.
     *
     * @param base the policy as it was read
     * @param document what it was to become
     */
    void wrote(Instant read, Instant now, String base, String document) {
        forget(now);
        writes = with(writes, new Write(read, now, base), MAX_WRITES);
        ours = with(ours, new Document(now, KeyPolicyText.of(document).digest()), MAX_DOCUMENTS);
    }

    /** Handles what CloudTrail tells of a write, once; and not at all where the document is one that we wrote. */
    void handle(PolicyWrite theirs, Instant now) {
        forget(now);
        List<Write> overlapping =
                writes.stream().filter(w -> mayHaveReplaced(w, theirs)).toList();
        if (overlapping.isEmpty()) {
            return;
        }
        String digest = KeyPolicyText.of(theirs.document()).digest();
        if (ours.stream().anyMatch(d -> d.digest().equals(digest))
                || events.stream().anyMatch(e -> e.tells(theirs, digest))) {
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
            // KMS would not have accepted it: whoever sent this is not CloudTrail.
            return;
        }
    }

    /** The latest of all. */
    private static <T> List<T> with(List<T> all, T one, int most) {
        var after = new ArrayList<>(all);
        after.add(one);
        return List.copyOf(after.subList(Math.max(0, after.size() - most), after.size()));
    }

    List<LostUpdate> updates() {
        return updates;
    }

    /** These are in the policy again, or have been found to be there. */
    void resolved(List<LostUpdate> done) {
        updates = updates.stream().filter(u -> !done.contains(u)).toList();
    }

    /** Whether nothing is remembered: for tests of what is forgotten. */
    boolean isEmpty() {
        return writes.isEmpty() && ours.isEmpty() && events.isEmpty() && updates.isEmpty();
    }
}
