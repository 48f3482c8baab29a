package io.cmek.operator.awscontrol;

import io.cmek.operator.index.RequestIndex;

/**
 * The requests of all resources as the API server has them now, past every cache (quorum reads; Kubernetes API concepts, "Resource versions").
 * What is taken away is decided on these.
 */
@FunctionalInterface
public interface LiveRequests {

    /** What came of the read. */
    sealed interface Reading {

        /** @param requests of all that existed at a moment after {@link LiveRequests#read} was called */
        record Read(RequestIndex requests) implements Reading {}

        /** @param why as a sentence's end */
        record Failed(String why) implements Reading {}
    }

    Reading read();
}
