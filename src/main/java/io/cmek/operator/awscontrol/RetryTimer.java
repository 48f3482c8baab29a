package io.cmek.operator.awscontrol;

import java.time.Duration;

/** When something that failed is tried again. Not for several threads. */
public final class RetryTimer {

    private final Ticker ticker;
    private int failures;
    private long notBefore;

    public RetryTimer(Ticker ticker) {
        this.ticker = ticker;
    }

    /** It failed once more. */
    public void failed(Backoff backoff) {
        failures++;
        notBefore = ticker.nanos() + backoff.after(failures).toNanos();
    }

    public void succeeded() {
        failures = 0;
    }

    /** Times that it failed in a row. */
    public int failures() {
        return failures;
    }

    /** Whether it may be tried now. */
    public boolean isOver() {
        return left().isZero();
    }

    /** How long until it may be tried; zero where it may be now. */
    public Duration left() {
        long left = failures == 0 ? 0 : notBefore - ticker.nanos();
        return left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
    }
}
