package io.cmek.operator.replication;

import io.cmek.operator.condition.Judgement;

/** How it stands with the secondary region of a workgroup. */
public sealed interface Secondary {

    /** Nobody has set up CMEK there. */
    record None() implements Secondary {}

    /**
     * A ReplicaCmek wants to set it up, and its keys are not recorded.
     *
     * @param name the ReplicaCmek
     * @param health its {@code Ready}, which says why
     */
    record Unrecorded(String name, Judgement health) implements Secondary {}

    /**
     * CMEK was set up for another region, and it is set up once (R8).
     *
     * @param region that other region
     */
    record Elsewhere(String region) implements Secondary {}

    /**
     * CMEK is set up there, by a ReplicaCmek that exists now.
     *
     * @param name the ReplicaCmek
     * @param health its {@code Ready}; databases are admitted only while it is good
     * @param staying whether it is there to stay, not being deleted
     */
    record Configured(String name, Judgement health, boolean staying) implements Secondary {

        boolean isReady() {
            return staying && health.isGood();
        }
    }
}
