package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.DriftRepair;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What others changed in one key policy or bucket, from when it is found until it is repaired. The first finding counts: what is found later is
 * what was made of it meanwhile. Not for several threads.
 *
 * @param <F> what a read of it shows
 */
final class DriftTracker<F> {

    private @Nullable DriftRepair found;

    /** How a read shows that the repair was made whose answer was lost; null where no answer was. */
    private @Nullable Predicate<F> repair;

    boolean isOpen() {
        return found != null;
    }

    /** Whether it is open, and of this kind. */
    boolean isOpen(DriftRepair.What what) {
        return found != null && found.what() == what;
    }

    void found(DriftRepair drift) {
        if (found == null) {
            found = drift;
        }
    }

    /**
     * A repair was sent, and whether it was made is not known.
     *
     * @param repaired whether a read shows that it was
     */
    void answerLost(Predicate<F> repaired) {
        if (found != null) {
            repair = repaired;
        }
    }

    /**
     * Nothing is left to repair: we did it, or somebody else put it back or made it something that is not ours to mend.
     *
     * @param byUs whether a write whose answer came has made it so
     * @return what we repaired, as far as that is known
     */
    Optional<DriftRepair> closed(F now, boolean byUs) {
        boolean ours = byUs || (repair != null && repair.test(now));
        Optional<DriftRepair> repaired = Optional.ofNullable(found).filter(drift -> ours);
        drop();
        return repaired;
    }

    /** Nobody asks for it any more. */
    void drop() {
        found = null;
        repair = null;
    }
}
