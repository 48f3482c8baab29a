package io.cmek.operator.act;

import io.cmek.operator.condition.Drift;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Drift that was found and is not repaired yet: told once, when a write of ours has put it back, however many attempts that took.
 *
 * @param <K> what drifted
 */
final class Findings<K> {

    private final Map<K, Drift> open = new ConcurrentHashMap<>();
    private final WriteObserver observer;

    Findings(WriteObserver observer) {
        this.observer = observer;
    }

    /** The first finding counts: what comes later is what was made of it meanwhile. */
    void found(K thing, Drift drift) {
        open.putIfAbsent(thing, drift);
    }

    /** A write of ours has put it back. */
    Optional<Drift> repaired(K thing) {
        Optional<Drift> repaired = Optional.ofNullable(open.remove(thing));
        repaired.ifPresent(observer::repaired);
        return repaired;
    }

    /** Nothing of ours is left to repair: somebody else put it back, or made it something that is not ours to mend. */
    void dismissed(K thing) {
        open.remove(thing);
    }
}
