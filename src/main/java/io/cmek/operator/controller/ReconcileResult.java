package io.cmek.operator.controller;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The result of one reconciliation.
 *
 * @param again the requeue delay; empty where only an event can change the result
 */
public record ReconcileResult(Optional<Duration> again) {

    public static final ReconcileResult DONE = new ReconcileResult(Optional.empty());

    static ReconcileResult again(Duration delay) {
        return new ReconcileResult(Optional.of(delay));
    }

    /** The shortest of the delays. */
    static ReconcileResult earliest(Stream<Duration> delays) {
        return new ReconcileResult(delays.min(Duration::compareTo));
    }
}
