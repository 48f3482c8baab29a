package io.cmek.operator.replication;

import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The lock of R8: the record, in the Workgroup's status, of the keys with which its secondary region was configured. It is written before
 * anything is done with those keys, by the Workgroup's reconciler alone, and outlives the ReplicaCmek.
 */
public final class PinnedSecondaryKeys {

    private PinnedSecondaryKeys() {}

    /**
     * A ReplicaCmek of the workgroup, as a candidate for the lock.
     *
     * @param eligible whether nothing but the lock stands in its way
     * @param wasEnabled whether its own status says that data exists under its keys: what a lost record is rebuilt from
     */
    public record Candidate(
            String name,
            String createdAt,
            String dataBucketKeyID,
            @Nullable String backupBucketKeyID,
            boolean eligible,
            boolean wasEnabled) {

        boolean hasKeysOf(SecondaryCmek record) {
            return dataBucketKeyID.equals(record.dataBucketKeyID())
                    && Objects.equals(backupBucketKeyID, record.backupBucketKeyID());
        }
    }

    private static final Comparator<Candidate> FIRST_COME = Comparator.comparing(
                    Candidate::wasEnabled, Comparator.reverseOrder())
            .thenComparing(Candidate::createdAt)
            .thenComparing(Candidate::name);

    /**
     * The record as it should be.
     *
     * @param record as it is, null where the region was never configured or the record was lost
     * @param candidates all ReplicaCmeks of the workgroup
     */
    public static @Nullable SecondaryCmek next(
            @Nullable SecondaryCmek record, Collection<Candidate> candidates, Instant now) {
        SecondaryCmek known = record == null ? first(candidates, now) : record;
        return known == null ? null : passedOn(known, candidates);
    }

    private static @Nullable SecondaryCmek first(Collection<Candidate> candidates, Instant now) {
        return candidates.stream()
                .filter(c -> c.eligible() || c.wasEnabled())
                .min(FIRST_COME)
                .map(c -> new SecondaryCmek(
                        c.name(),
                        c.dataBucketKeyID(),
                        c.backupBucketKeyID(),
                        now.truncatedTo(ChronoUnit.SECONDS).toString()))
                .orElse(null);
    }

    /** One with the same keys takes over from a holder that is gone or going: so a ReplicaCmek can be renamed while databases replicate. */
    private static SecondaryCmek passedOn(SecondaryCmek record, Collection<Candidate> candidates) {
        List<Candidate> fit = candidates.stream()
                .filter(c -> c.eligible() && c.hasKeysOf(record))
                .toList();
        if (fit.stream().anyMatch(c -> c.name().equals(record.name()))) {
            return record;
        }
        return fit.stream()
                .min(FIRST_COME)
                .map(c -> new SecondaryCmek(
                        c.name(), record.dataBucketKeyID(), record.backupBucketKeyID(), record.configuredAt()))
                .orElse(record);
    }

    /** How a ReplicaCmek stands to the record. */
    public enum Ownership {
        /** The record names it and its keys: it may go to work. */
        Owner,
        /** There is no record yet: it waits for the Workgroup's reconciler. */
        Unclaimed,
        /** The record names another ReplicaCmek. */
        OwnedByOther,
        /** The record names other keys. */
        KeyMismatch
    }

    public static Ownership eligibility(@Nullable SecondaryCmek record, Candidate candidate) {
        if (record == null) {
            return Ownership.Unclaimed;
        }
        if (!candidate.hasKeysOf(record)) {
            return Ownership.KeyMismatch;
        }
        return candidate.name().equals(record.name()) ? Ownership.Owner : Ownership.OwnedByOther;
    }
}
