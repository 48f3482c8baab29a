package io.cmek.operator.controller;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What came of one reconciliation.
 *
 * @param again when the resource has to be reconciled again though nothing changes; empty where it need not be
 */
public record ReconcileResult(Optional<Duration> again) {

    public static final ReconcileResult DONE = new ReconcileResult(Optional.empty());

    static ReconcileResult again(Duration delay) {
        return new ReconcileResult(Optional.of(delay));
    }

    /** At the earliest of these times. */
    static ReconcileResult earliest(Stream<Duration> delays) {
        return new ReconcileResult(delays.min(Duration::compareTo));
    }
}
