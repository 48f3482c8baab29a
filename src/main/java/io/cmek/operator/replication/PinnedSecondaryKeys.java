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
 * The pinned secondary keys (R8): the record, in the Workgroup's status, of the keys with which its secondary region was configured. Only the
 * Workgroup's reconciler writes it, before any use of those keys. The record outlives the ReplicaCmek.
 */
public final class PinnedSecondaryKeys {

    private PinnedSecondaryKeys() {}

    /**
     * A ReplicaCmek of the workgroup, as a candidate for the record.
     *
     * @param eligible whether it meets all requirements but the record
     * @param wasEnabled whether its own status shows that data exists under its keys: then it can restore a lost record
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
     * The new record.
     *
     * @param record the stored record, null where the region was never configured or the record was lost
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

    /**
     * A ReplicaCmek with the same keys takes over from a holder that is gone or being deleted. So a user can rename a ReplicaCmek while databases
     * replicate.
     */
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

    /** The relation of a ReplicaCmek to the record. */
    public enum Ownership {
        /** The record names this ReplicaCmek and its keys: it may be served. */
        Owner,
        /** There is no record yet: the ReplicaCmek waits for the Workgroup's reconciler. */
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
