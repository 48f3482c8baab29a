package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.time.Instant;

/**
 * How soon something that others change again and again is repaired again. The first repair comes at once, each further one after a delay that
 * doubles, and it never ends. After {@link #QUIET} without a repair the next one is the first again. Not for several threads.
 */
public final class RepairTimer {

    public static final Duration QUIET = Duration.ofMinutes(15);

    private final Backoff backoff;
    private final Ticker ticker;
    private int repairs;
    private long last;
    private long notBefore;
    private Instant reported = Instant.EPOCH;

    public RepairTimer(Backoff backoff, Ticker ticker) {
        this.backoff = backoff;
        this.ticker = ticker;
    }

    /** @param now for {@link #notBefore} */
    public void repaired(Instant now) {
        repaired();
        reported = now.plus(left());
    }

    /** When the next repair may be made, as it is told: the same however often it is asked. */
    public Instant notBefore() {
        return reported;
    }

    public void repaired() {
        repairs = times() + 1;
        last = ticker.nanos();
        notBefore = last + backoff.after(repairs).toNanos();
    }

    /** How often it was repaired since it was quiet. */
    public int times() {
        return repairs == 0 || ticker.nanos() - last >= QUIET.toNanos() ? 0 : repairs;
    }

    /** How long until the next repair may be made; zero where it may be now. */
    public Duration left() {
        long left = times() == 0 ? 0 : notBefore - ticker.nanos();
        return left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
    }
}
