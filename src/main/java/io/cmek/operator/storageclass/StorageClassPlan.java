package io.cmek.operator.storageclass;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is to be done about the StorageClass of a claim. */
public sealed interface StorageClassPlan {

    /** Volumes of it are encrypted as they should be, whatever else is different about it. */
    record Nothing(StorageClassSpec current) implements StorageClassPlan {}

    /**
     * The StorageClass is to be made.
     *
     * @param repairs what that puts back; empty where it is made for the first time, or the repair was counted when it was deleted
     */
    record Create(Set<Repair> repairs) implements StorageClassPlan {

        public Create {
            repairs = Repair.copyOf(repairs);
        }
    }

    /**
     * The StorageClass is to be deleted, and another one made: what decides encryption cannot be changed in place, and volumes that exist do not
     * need their StorageClass.
     *
     * @param repairs what is different
     */
    record Replace(Set<Repair> repairs) implements StorageClassPlan {

        public Replace {
            repairs = Repair.copyOf(repairs);
        }
    }

    /**
     * Somebody else wants it otherwise: none is to be made for now, and one that is there is to be deleted, because a volume that waits does less
     * harm than one under another key.
     *
     * @param repairs what was put back in vain
     */
    record KeepAway(Set<Repair> repairs) implements StorageClassPlan {

        public KeepAway {
            repairs = Repair.copyOf(repairs);
        }
    }

    /** Nothing may be done. */
    record Refuse(ConditionResult why) implements StorageClassPlan {}

    /**
     * What is remembered of a StorageClass.
     *
     * @param published whether the last status named it
     * @param known whether this process has seen it in place
     * @param deletedByUs whether it is missing because the operator deleted it to make it again
     * @param contested what was put back in vain; empty where nothing is contested
     * @param exhausted what was put back so often lately that it may not be again now
     */
    record Remembered(
            boolean published, boolean known, boolean deletedByUs, Set<Repair> contested, Set<Repair> exhausted) {

        /** Of one that was never seen. */
        public static final Remembered NOTHING = new Remembered(false, false, false, Set.of(), Set.of());

        public Remembered {
            contested = Repair.copyOf(contested);
            exhausted = Repair.copyOf(exhausted);
        }

        private boolean wasInPlace() {
            return published || known;
        }
    }

    /** @param current what the cluster has under the name; null where it has nothing */
    static StorageClassPlan of(StorageClassSpec desired, @Nullable StorageClassSpec current, Remembered remembered) {
        if (current == null) {
            Set<Repair> repairs = putBackByCreating(remembered);
            return isPermitted(repairs, remembered) ? new Create(repairs) : new KeepAway(repairs);
        }
        boolean isOurs = current.owner().equals(desired.owner());
        Set<Repair> differences = desired.decisiveDifferences(current);
        // One that somebody took the labels from does no harm while it encrypts as it should. One that does not is not
        // known to be ours.
        if (!isOurs && !(current.owner().isEmpty() && differences.isEmpty())) {
            return new Refuse(ConditionResult.ofFalse(
                    Reason.StorageClassConflict,
                    "The StorageClass " + desired.name()
                            + " exists and is not this resource's. Delete it, if nobody needs it."));
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
     * What the plan puts back; empty where it was not in place before.
     *
     * @param by who changed it last, as an addition to a sentence; empty where that is not known
     */
    default Optional<DriftRepair> drift(String name, Remembered remembered, String by) {
        return switch (this) {
            case Replace(Set<Repair> repairs)
            when remembered.wasInPlace() ->
                Optional.of(drift("The StorageClass " + name + " had been changed" + by + ": "
                        + repairs.stream().map(Repair::field).sorted().collect(Collectors.joining(", "))
                        + ". It was put back as it was."));
            case Create(Set<Repair> repairs)
            when repairs.contains(Repair.MISSING) && remembered.published() ->
                // Between the status and this process, the operator itself may have deleted it, to make it again.
                Optional.of(
                        drift("The StorageClass " + name + (remembered.known() ? " had been deleted" : " was missing")
                                + ". It was made again; volumes do not need it once they exist."));
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
