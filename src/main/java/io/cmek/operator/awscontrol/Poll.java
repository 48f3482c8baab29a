package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Schedules the next read of something in AWS. While it is healthy, reads follow at the interval with 10 % jitter. Otherwise they follow with a
 * backoff up to the interval. Not thread-safe.
 */
final class Poll {

    /** Delay before the first reread of something unhealthy. */
    private static final Duration TROUBLED = Duration.ofSeconds(1);

    private final Duration interval;
    private final Ticker ticker;
    private final RandomGenerator random;
    private boolean planned;
    private long next;
    private int troubles;

    Poll(Duration interval, Ticker ticker, RandomGenerator random) {
        this.interval = interval;
        this.ticker = ticker;
        this.random = random;
    }

    /** Whether a read is due. True before the first read. */
    boolean isDue() {
        return !planned || next - ticker.nanos() <= 0;
    }

    Duration left() {
        long left = planned ? next - ticker.nanos() : 0;
        return left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
    }

    void refreshNow() {
        planned = false;
    }

    /** @param troubled whether the read failed, or showed something unhealthy */
    void done(boolean troubled) {
        troubles = troubled ? troubles + 1 : 0;
        long nanos = interval.toNanos();
        long delay = troubled
                ? new Backoff(min(TROUBLED, interval), interval, random)
                        .after(troubles)
                        .toNanos()
                : nanos - nanos / 10 + random.nextLong(nanos / 5 + 1);
        planned = true;
        next = ticker.nanos() + delay;
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
