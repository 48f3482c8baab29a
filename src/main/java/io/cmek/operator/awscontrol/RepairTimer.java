package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.time.Instant;

/**
 * Delays repeated repairs of something that another writer changes again and again. The first repair is immediate, and each further one doubles the
 * delay, without a limit on their number. After {@link #QUIET} without a repair, the next repair is immediate again. Not thread-safe.
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

    /** Time of the next possible repair, for messages. The value is stable between repairs. */
    public Instant notBefore() {
        return reported;
    }

    public void repaired() {
        repairs = times() + 1;
        last = ticker.nanos();
        notBefore = last + backoff.after(repairs).toNanos();
    }

    /** Number of repairs since the last quiet period. */
    public int times() {
        return repairs == 0 || ticker.nanos() - last >= QUIET.toNanos() ? 0 : repairs;
    }

    /** Time until the next repair may run. Zero if it may run now. */
    public Duration left() {
        long left = times() == 0 ? 0 : notBefore - ticker.nanos();
        return left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
    }
}
