package io.cmek.operator.awscontrol;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What other threads have for the worker of each key: that it is to read the key, and what others wrote to its policy. All methods may be called
 * from any thread; none waits.
 */
final class Refreshes {

    /**
     * The latest writes that are kept of one key. A turn may hang for minutes while events flood in, each with a whole policy. Within the time of
     * a read and the write that follows it, so many others never write.
     */
    static final int MAX_WRITES = 32;

    private final TreeMap<KeyArn, ArrayDeque<PolicyWrite>> waiting = new TreeMap<>();

    /** Has the key read. */
    synchronized void add(KeyArn key) {
        writesOn(key);
    }

    /** Has the key read, because of a write of somebody's. */
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

    /** Takes what waits for the key's worker: the writes in the order in which they were added; empty where the key is not to be read. */
    synchronized Optional<List<PolicyWrite>> take(KeyArn key) {
        return Optional.ofNullable(waiting.remove(key)).map(List::copyOf);
    }

    synchronized boolean isEmpty() {
        return waiting.isEmpty();
    }
}
