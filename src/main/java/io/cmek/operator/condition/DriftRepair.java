package io.cmek.operator.condition;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that had been in place, was found changed, and was put back.
 *
 * @param note for people: what was found, since when or by whom as far as that is known, and what was done
 * @param lossy whether something is gone that putting it back does not bring back
 */
public record DriftRepair(What what, String note, boolean lossy) {

    /** What kind of thing drifted. */
    public enum What {
        /** The operator's statements in a key's policy. */
        POLICY,
        /** What others wrote into a key's policy, and a write of the operator's took away. */
        STATEMENTS_OF_OTHERS,
        /** A bucket, and its default encryption. */
        BUCKET,
        /** The StorageClass of a claim. */
        STORAGE_CLASS
    }

    /**
     * When a change happened that somebody else made, as far as looks at intervals can tell, as a sentence.
     *
     * @param after the last look that saw it as it had been; null where there was none
     * @param by the first look that saw the change
     */
    public static String when(@Nullable Instant after, Instant by) {
        return after == null
                ? "That was found at " + by.truncatedTo(ChronoUnit.SECONDS) + "."
                : "That happened between " + after.truncatedTo(ChronoUnit.SECONDS) + " and "
                        + by.truncatedTo(ChronoUnit.SECONDS) + ".";
    }
}
