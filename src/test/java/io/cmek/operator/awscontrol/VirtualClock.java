package io.cmek.operator.awscontrol;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The wall clock of virtual time. */
public final class VirtualClock extends Clock {

    private static final Instant FIRST = Instant.parse("2026-03-01T10:00:00Z");

    /** How much it differs from what has passed. */
    Duration isOffBy = Duration.ZERO;

    private final ManualTicker ticker;
    private final long start;

    public VirtualClock(ManualTicker ticker) {
        this.ticker = ticker;
        this.start = ticker.nanos();
    }

    @Override
    public Instant instant() {
        return FIRST.plusNanos(ticker.nanos() - start).plus(isOffBy);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
    }
}
