package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with jitter. The delay doubles from {@code first} to {@code max}, and a random half of it is jitter. Without jitter, calls that
 * AWS throttled together would return together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * @param first the delay after one failure, positive
 * @param max the longest delay, at least {@code first}
 */
public record Backoff(Duration first, Duration max, RandomGenerator random) {

    public Backoff {
        if (!first.isPositive() || max.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "first is %s and max is %s; expected 0 < first <= max".formatted(first, max));
        }
    }

    /**
     * @param failures number of consecutive failures, 1 or more
     * @return between half of the delay and all of it
     */
    public Duration after(int failures) {
        if (failures < 1) {
            throw new IllegalArgumentException("failures is " + failures + "; expected 1 or more");
        }
        Duration delay = first;
        for (int i = 1; i < failures && delay.compareTo(max) < 0; i++) {
            delay = delay.multipliedBy(2);
        }
        long nanos = (delay.compareTo(max) < 0 ? delay : max).toNanos();
        return Duration.ofNanos(nanos - nanos / 2 + random.nextLong(nanos / 2 + 1));
    }
}
