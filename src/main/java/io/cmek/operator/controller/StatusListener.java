package io.cmek.operator.controller;

/** Receives a notification of each status write. It must return fast and must not throw. */
@FunctionalInterface
public interface StatusListener {

    /** @param accepted whether the API server accepted the write; single conflicts are not reported, only a series of them */
    void statusWritten(boolean accepted);
}
