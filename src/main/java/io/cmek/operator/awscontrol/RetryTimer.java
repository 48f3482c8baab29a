package io.cmek.operator.awscontrol;

import java.time.Duration;

/** Schedules the retry of a failed call. Not thread-safe. */
public final class RetryTimer {

    private final Ticker ticker;
    private int failures;
    private long notBefore;

    public RetryTimer(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Records a failure. */
    public void failed(Backoff backoff) {
        failures++;
        notBefore = ticker.nanos() + backoff.after(failures).toNanos();
    }

    public void succeeded() {
        failures = 0;
    }

    /** Number of consecutive failures. */
    public int failures() {
        return failures;
    }

    /** Whether a retry may run now. */
    public boolean isOver() {
        return left().isZero();
    }

    /** Time until the retry may run. Zero if it may run now. */
    public Duration left() {
        long left = failures == 0 ? 0 : notBefore - ticker.nanos();
        return left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
    }
}
