package io.cmek.operator.awscontrol;

import io.cmek.operator.index.RequestIndex;

/**
 * The requests of all resources, read from the API server past every cache (quorum read; Kubernetes API concepts, "Resource versions"). The operator
 * removes access only on this basis.
 */
@FunctionalInterface
public interface LiveRequests {

    /** Result of the read. */
    sealed interface Reading {

        /** @param requests of all resources that existed at a moment after the call of {@link LiveRequests#read} */
        record Read(RequestIndex requests) implements Reading {}

        /** @param why end of a sentence */
        record Failed(String why) implements Reading {}
    }

    Reading read();
}
