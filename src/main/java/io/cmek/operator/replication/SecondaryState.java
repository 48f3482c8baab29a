package io.cmek.operator.replication;

import io.cmek.operator.condition.ConditionResult;

/** The CMEK state of a workgroup's secondary region. */
public sealed interface SecondaryState {

    /** No ReplicaCmek configures it. */
    record None() implements SecondaryState {}

    /**
     * A ReplicaCmek exists, but its keys are not recorded.
     *
     * @param name the ReplicaCmek
     * @param health its {@code Ready} condition, which says why
     */
    record Pending(String name, ConditionResult health) implements SecondaryState {}

    /**
     * CMEK is configured by a ReplicaCmek that another version of the operator stored and this one cannot read.
     *
     * @param name the ReplicaCmek
     */
    record Unreadable(String name) implements SecondaryState {

        /** Why the state is unknown, with the remedy. */
        public String why() {
            return "the ReplicaCmek " + name
                    + " was stored by another version of the operator, and this one cannot read it. Upgrade the operator.";
        }
    }

    /**
     * CMEK was configured for another region, and it is configured once (R8).
     *
     * @param region that other region
     */
    record OtherRegion(String region) implements SecondaryState {}

    /**
     * CMEK is configured by a ReplicaCmek that exists.
     *
     * @param name the ReplicaCmek
     * @param health its {@code Ready} condition; new databases are admitted only while it is True
     * @param staying whether it is not being deleted
     */
    record Configured(String name, ConditionResult health, boolean staying) implements SecondaryState {

        boolean isReady() {
            return staying && health.isTrue();
        }
    }
}
