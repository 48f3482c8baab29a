package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When something in AWS is read next: at an interval while it is healthy, jittered by a tenth so that reads spread; sooner while it is not, at
 * delays that double up to the interval. Not for several threads.
 */
final class Poll {

    /** How soon something that is not as it should be is read again the first time. */
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

    /** What was not read yet is due. */
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

    /** @param troubled whether it could not be read, or is not as it should be */
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
