package io.cmek.operator.awscontrol;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Hands work to each key's worker from other threads: requests to read the key, and policy writes that CloudTrail reports. Thread-safe and
 * non-blocking.
 */
final class Refreshes {

    /**
     * Maximum number of writes to keep per key. A turn may hang for minutes while events arrive, each with a whole policy. Fewer writes than this
     * overlap with one read and write of the operator.
     */
    static final int MAX_WRITES = 32;

    private final TreeMap<KeyArn, ArrayDeque<PolicyWrite>> waiting = new TreeMap<>();

    /** Requests a read of the key. */
    synchronized void add(KeyArn key) {
        writesOn(key);
    }

    /** Requests a read of the key, because another writer has written its policy. */
    synchronized void add(PolicyWrite theirs) {
        ArrayDeque<PolicyWrite> writes = writesOn(theirs.key());
        if (writes.size() == MAX_WRITES) {
            writes.removeFirst();
        }
        writes.addLast(theirs);
    }

    private ArrayDeque<PolicyWrite> writesOn(KeyArn key) {
        return waiting.computeIfAbsent(key, k -> new ArrayDeque<>());
    }

    /** Takes what waits for the key's worker: the writes, in arrival order. Empty if no read was requested. */
    synchronized Optional<List<PolicyWrite>> take(KeyArn key) {
        return Optional.ofNullable(waiting.remove(key)).map(List::copyOf);
    }

    synchronized boolean isEmpty() {
        return waiting.isEmpty();
    }
}
