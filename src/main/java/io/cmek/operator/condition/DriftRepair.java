package io.cmek.operator.condition;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A drift that was found and repaired.
 *
 * @param note for users: what had changed, when or by whom if known, and the repair
 * @param lossy whether the repair could not restore everything
 */
public record DriftRepair(What what, String note, boolean lossy) {

    /** What drifted. */
    public enum What {
        /** The operator's statements in a key's policy. */
        POLICY,
        /** Statements of another writer that a write of the operator overwrote. */
        STATEMENTS_OF_OTHERS,
        /** A bucket or its default encryption. */
        BUCKET,
        /** The StorageClass of a resource. */
        STORAGE_CLASS
    }

    /**
     * When another writer made a change, as far as periodic reads can tell, as a sentence.
     *
     * @param after the last read before the change, null where there was none
     * @param by the first read that shows the change
     */
    public static String when(@Nullable Instant after, Instant by) {
        return after == null
                ? "That was found at " + by.truncatedTo(ChronoUnit.SECONDS) + "."
                : "That happened between " + after.truncatedTo(ChronoUnit.SECONDS) + " and "
                        + by.truncatedTo(ChronoUnit.SECONDS) + ".";
    }
}
