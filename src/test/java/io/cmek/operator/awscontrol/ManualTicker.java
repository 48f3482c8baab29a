package io.cmek.operator.awscontrol;

import java.time.Duration;

/** Virtual time: it passes only when a test says so. It starts close to the overflow of the number, which must not matter. */
public final class ManualTicker implements Ticker {

    private long nanos = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();

    @Override
    public long nanos() {
        return nanos;
    }

    public void advance(Duration time) {
        nanos += time.toNanos();
    }
}
