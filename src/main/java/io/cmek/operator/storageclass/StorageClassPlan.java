package io.cmek.operator.storageclass;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The planned change to the StorageClass of a resource. */
public sealed interface StorageClassPlan {

    /** No change: volumes of it are encrypted as requested, even if other fields differ. */
    record Nothing(StorageClassSpec current) implements StorageClassPlan {}

    /**
     * Create the StorageClass.
     *
     * @param repairs what this repairs; empty for the first creation, and where the deletion already counted as the repair
     */
    record Create(Set<Repair> repairs) implements StorageClassPlan {

        public Create {
            repairs = Repair.copyOf(repairs);
        }
    }

    /**
     * Delete the StorageClass and create it again: the fields that decide encryption are immutable. Existing volumes do not need it.
     *
     * @param repairs the fields that differ
     */
    record Replace(Set<Repair> repairs) implements StorageClassPlan {

        public Replace {
            repairs = Repair.copyOf(repairs);
        }
    }

    /**
     * Another writer keeps changing it: create none for now, and delete an existing one. A volume that waits does less harm than one under another
     * key.
     *
     * @param repairs what was repaired without lasting success
     */
    record KeepAway(Set<Repair> repairs) implements StorageClassPlan {

        public KeepAway {
            repairs = Repair.copyOf(repairs);
        }
    }

    /** Change nothing. */
    record Refuse(ConditionResult why) implements StorageClassPlan {}

    /**
     * The known history of a StorageClass.
     *
     * @param published whether the last status named it
     * @param known whether this process has observed it as requested
     * @param deletedByUs whether it is missing because the operator deleted it to create it again
     * @param contested what was repaired without lasting success
     * @param exhausted what has reached the limit of repairs for now
     */
    record Remembered(
            boolean published, boolean known, boolean deletedByUs, Set<Repair> contested, Set<Repair> exhausted) {

        /** The history of a StorageClass that was never observed. */
        public static final Remembered NOTHING = new Remembered(false, false, false, Set.of(), Set.of());

        public Remembered {
            contested = Repair.copyOf(contested);
            exhausted = Repair.copyOf(exhausted);
        }

        private boolean wasInPlace() {
            return published || known;
        }
    }

    /** @param current the StorageClass of that name in the cluster, null where there is none */
    static StorageClassPlan of(StorageClassSpec desired, @Nullable StorageClassSpec current, Remembered remembered) {
        if (current == null) {
            Set<Repair> repairs = putBackByCreating(remembered);
            return isPermitted(repairs, remembered) ? new Create(repairs) : new KeepAway(repairs);
        }
        boolean isOurs = current.owner().equals(desired.owner());
        Set<Repair> differences = desired.decisiveDifferences(current);
        // A StorageClass without our labels is accepted while it encrypts as requested. If it does not, it may not be
        // ours.
        if (!isOurs && !(current.owner().isEmpty() && differences.isEmpty())) {
            return new Refuse(ConditionResult.ofFalse(
                    Reason.StorageClassConflict,
                    "The StorageClass " + desired.name()
                            + " exists and does not belong to this resource. Delete it if nobody needs it."));
        }
        if (differences.isEmpty()) {
            return new Nothing(current);
        }
        return isPermitted(differences, remembered) ? new Replace(differences) : new KeepAway(differences);
    }

    private static Set<Repair> putBackByCreating(Remembered remembered) {
        if (!remembered.contested().isEmpty()) {
            return remembered.contested();
        }
        return remembered.wasInPlace() && !remembered.deletedByUs() ? Set.of(Repair.MISSING) : Set.of();
    }

    private static boolean isPermitted(Set<Repair> repairs, Remembered remembered) {
        return Collections.disjoint(repairs, remembered.exhausted());
    }

    /**
     * The drift that the plan repairs; empty where the StorageClass was not in place before.
     *
     * @param by the last writer, as an addition to a sentence; empty where unknown
     */
    default Optional<DriftRepair> drift(String name, Remembered remembered, String by) {
        return switch (this) {
            case Replace(Set<Repair> repairs)
            when remembered.wasInPlace() ->
                Optional.of(drift("The StorageClass " + name + " had been changed" + by + ": "
                        + repairs.stream().map(Repair::field).sorted().collect(Collectors.joining(", "))
                        + ". The operator restored it."));
            case Create(Set<Repair> repairs)
            when repairs.contains(Repair.MISSING) && remembered.published() ->
                // After a restart, a missing StorageClass may have been deleted by the operator itself to create it
                // again.
                Optional.of(
                        drift("The StorageClass " + name + (remembered.known() ? " had been deleted" : " was missing")
                                + ". The operator created it again; existing volumes do not need it."));
            case Create create -> Optional.empty();
            case Replace replace -> Optional.empty();
            case Nothing nothing -> Optional.empty();
            case KeepAway keepAway -> Optional.empty();
            case Refuse refuse -> Optional.empty();
        };
    }

    private static DriftRepair drift(String note) {
        return new DriftRepair(DriftRepair.What.STORAGE_CLASS, note, false);
    }
}
