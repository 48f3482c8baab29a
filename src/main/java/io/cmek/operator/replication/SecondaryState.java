package io.cmek.operator.replication;

import io.cmek.operator.condition.ConditionResult;

/** How it stands with the secondary region of a workgroup. */
public sealed interface SecondaryState {

    /** Nobody has set up CMEK there. */
    record None() implements SecondaryState {}

    /**
     * A ReplicaCmek wants to set it up, and its keys are not recorded.
     *
     * @param name the ReplicaCmek
     * @param health its {@code Ready}, which says why
     */
    record Pending(String name, ConditionResult health) implements SecondaryState {}

    /**
     * CMEK is set up there, by a ReplicaCmek that another version of the operator stored and this one cannot read.
     *
     * @param name the ReplicaCmek
     */
    record Unreadable(String name) implements SecondaryState {

        /** Why nothing can be said of it, with the remedy. */
        public String why() {
            return "the ReplicaCmek " + name
                    + " was stored by another version of the operator, and this one cannot read it. Upgrade the operator.";
        }
    }

    /**
     * CMEK was set up for another region, and it is set up once (R8).
     *
     * @param region that other region
     */
    record OtherRegion(String region) implements SecondaryState {}

    /**
     * CMEK is set up there, by a ReplicaCmek that exists now.
     *
     * @param name the ReplicaCmek
     * @param health its {@code Ready}; databases are admitted only while it is good
     * @param staying whether it is there to stay, not being deleted
     */
    record Configured(String name, ConditionResult health, boolean staying) implements SecondaryState {

        boolean isReady() {
            return staying && health.isTrue();
        }
    }
}
