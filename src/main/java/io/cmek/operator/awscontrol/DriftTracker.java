package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.DriftRepair;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the drift of one key policy or bucket, from detection to repair. It keeps the first report, because later ones describe the same drift. Not
 * thread-safe.
 *
 * @param <F> what a read of it returns
 */
final class DriftTracker<F> {

    private @Nullable DriftRepair found;

    /** Whether a read shows that the repair was made. Set when the response to the repair was lost, otherwise null. */
    private @Nullable Predicate<F> repair;

    boolean isOpen() {
        return found != null;
    }

    /** Whether drift of this kind is open. */
    boolean isOpen(DriftRepair.What what) {
        return found != null && found.what() == what;
    }

    void found(DriftRepair drift) {
        if (found == null) {
            found = drift;
        }
    }

    /**
     * A repair was sent, and its outcome is unknown.
     *
     * @param repaired whether a read shows that the repair was made
     */
    void answerLost(Predicate<F> repaired) {
        if (found != null) {
            repair = repaired;
        }
    }

    /**
     * Closes the drift, because nothing is left to repair. Either the operator repaired it, or another writer restored it, or the operator may no
     * longer repair it.
     *
     * @param byUs whether a write with a known outcome has repaired it
     * @return what the operator repaired, as far as it is known
     */
    Optional<DriftRepair> closed(F now, boolean byUs) {
        boolean ours = byUs || (repair != null && repair.test(now));
        Optional<DriftRepair> repaired = Optional.ofNullable(found).filter(drift -> ours);
        drop();
        return repaired;
    }

    /** Discards the drift, because no request needs the repair any more. */
    void drop() {
        found = null;
        repair = null;
    }
}
