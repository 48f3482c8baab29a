package io.cmek.operator.act;

import io.cmek.operator.awscontrol.Backoff;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Remembers failed writes, so that a write that failed is tried again after a growing pause and not by everybody who asks.
 *
 * @param <K> what is written to
 * @param <R> what to tell those who ask during the pause
 */
final class Attempts<K, R> {

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Where somebody else writes something else each time. */
    static final Duration LONGEST_CONTESTED_PAUSE = Duration.ofMinutes(5);

    private record Failed<R>(R result, int times, Instant notBefore) {}

    private final Map<K, Failed<R>> failed = new ConcurrentHashMap<>();
    private final Clock clock;

    Attempts(Clock clock) {
        this.clock = clock;
    }

    /** What came of the last write, while it is too early for another. */
    Optional<R> tooEarly(K thing) {
        return Optional.ofNullable(failed.get(thing))
                .filter(f -> !left(f).isZero())
                .map(Failed::result);
    }

    boolean hasFailed(K thing) {
        return failed.containsKey(thing);
    }

    /** How many writes have failed in a row. */
    int failures(K thing) {
        Failed<R> last = failed.get(thing);
        return last == null ? 0 : last.times();
    }

    R failed(K thing, R result) {
        return failed(thing, result, LONGEST_PAUSE);
    }

    /** @param longest the longest pause, {@link #LONGEST_CONTESTED_PAUSE} at most */
    R failed(K thing, R result, Duration longest) {
        failed.compute(thing, (k, before) -> {
            int times = before == null ? 1 : before.times() + 1;
            var backoff = new Backoff(FIRST_PAUSE, longest, ThreadLocalRandom.current());
            return new Failed<>(result, times, clock.instant().plus(backoff.after(times)));
        });
        return result;
    }

    void settled(K thing) {
        failed.remove(thing);
    }

    /** How long until another write makes sense; empty where none has failed. */
    Optional<Duration> pause(K thing) {
        return Optional.ofNullable(failed.get(thing)).map(f -> left(f).plusMillis(50));
    }

    /** What is longer than any pause was planned before the clock was set back. */
    private Duration left(Failed<R> failed) {
        Duration left = Duration.between(clock.instant(), failed.notBefore());
        return left.isNegative() || left.compareTo(LONGEST_CONTESTED_PAUSE) > 0 ? Duration.ZERO : left;
    }
}
