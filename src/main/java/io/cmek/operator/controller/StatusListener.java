package io.cmek.operator.controller;

/** Is told of the statuses that the operator writes. It must be quick and must not throw. */
@FunctionalInterface
public interface StatusListener {

    /** @param accepted whether the API server took it; not told where the resource had changed meanwhile, unless that goes on and on */
    void statusWritten(boolean accepted);
}
