package io.cmek.operator.act;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How soon something that is changed again and again is repaired again. The first repair comes at once, each further one after a pause that
 * doubles up to {@link #LONGEST}, and it never ends. After {@link #QUIET} without a repair the next one is the first again.
 *
 * @param <K> what is repaired
 */
final class RepairBackoff<K> {

    static final Duration FIRST = Duration.ofSeconds(2);
    static final Duration LONGEST = Duration.ofMinutes(5);
    static final Duration QUIET = Duration.ofMinutes(15);

    /** @param waits whether somebody was told to wait and nothing was settled since */
    private record Repairs(int times, Instant last, boolean waits) {}

    private final Map<K, Repairs> repairs = new ConcurrentHashMap<>();
    private final Duration first;
    private final Clock clock;

    RepairBackoff(Clock clock) {
        this(FIRST, clock);
    }

    /** @param first the pause after the first repair */
    RepairBackoff(Duration first, Clock clock) {
        this.first = first;
        this.clock = clock;
    }

    /** When the next repair may be made, where that is not now. */
    Optional<Instant> notBefore(K thing) {
        Repairs after = repairs.computeIfPresent(
                thing, (k, r) -> isOver(r) ? null : new Repairs(r.times(), r.last(), next(r).isAfter(clock.instant())));
        return after != null && after.waits() ? Optional.of(next(after)) : Optional.empty();
    }

    /** How often it was repaired since it was quiet. */
    int times(K thing) {
        Repairs r = repairs.get(thing);
        return r == null || isOver(r) ? 0 : r.times();
    }

    void repaired(K thing) {
        repairs.compute(
                thing, (k, r) -> new Repairs(r == null || isOver(r) ? 1 : r.times() + 1, clock.instant(), false));
    }

    /** It is as it should be: nobody waits. */
    void settled(K thing) {
        repairs.computeIfPresent(thing, (k, r) -> isOver(r) ? null : new Repairs(r.times(), r.last(), false));
    }

    /** How long until the repair that waits may be made; empty where none waits. */
    Optional<Duration> pause(K thing) {
        return Optional.ofNullable(repairs.get(thing))
                .filter(Repairs::waits)
                .map(r -> Duration.between(clock.instant(), next(r)))
                .filter(Duration::isPositive)
                .map(left -> left.plusMillis(50));
    }

    private Instant next(Repairs r) {
        long pause = Math.min(LONGEST.toMillis(), first.toMillis() << Math.min(r.times() - 1, 16));
        return r.last().plusMillis(pause);
    }

    /** A time of the future was taken before the clock was set back, and says nothing. */
    private boolean isOver(Repairs r) {
        Duration since = Duration.between(r.last(), clock.instant());
        return since.isNegative() || since.compareTo(QUIET) >= 0;
    }
}
