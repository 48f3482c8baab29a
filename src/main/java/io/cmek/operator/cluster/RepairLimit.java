package io.cmek.operator.cluster;

import io.cmek.operator.awscontrol.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Rate limit for drift repairs of one Kubernetes object: each kind of repair at most {@link #MOST} times within {@link #WINDOW}, so that the operator
 * and another writer do not overwrite each other for ever. The counters are in memory, so a restart resets them. Not thread-safe.
 *
 * @param <T> the kinds of repair
 */
final class RepairLimit<T extends Enum<T>> {

    static final int MOST = 2;
    static final Duration WINDOW = Duration.ofHours(1);

    private final Map<T, List<Long>> repairs;
    private final Ticker ticker;

    RepairLimit(Class<T> things, Ticker ticker) {
        this.repairs = new EnumMap<>(things);
        this.ticker = ticker;
    }

    /** Time until all these repairs are allowed; zero if they are allowed now. */
    Duration left(Collection<T> things) {
        long now = ticker.nanos();
        return things.stream()
                .map(thing -> repairs.getOrDefault(thing, List.of()))
                .filter(times -> times.size() >= MOST)
                .map(times -> WINDOW.minusNanos(now - times.get(times.size() - MOST)))
                .filter(Duration::isPositive)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    void count(Collection<T> things) {
        long now = ticker.nanos();
        things.forEach(thing -> repairs.merge(
                thing,
                List.of(now),
                (before, one) -> Stream.concat(before.stream(), one.stream())
                        .skip(Math.max(0, before.size() + 1 - MOST))
                        .toList()));
    }

    /** Whether every counted repair is older than {@link #WINDOW}, so that no repair is limited. */
    boolean isOver() {
        long now = ticker.nanos();
        return repairs.values().stream().allMatch(times -> now - times.getLast() >= WINDOW.toNanos());
    }
}
