package io.cmek.operator.cluster;

import io.cmek.operator.awscontrol.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How often things of one Kubernetes object are put back: each at most {@link #MOST} times within {@link #WINDOW}, so that two who want different
 * things do not fight for ever. Counted in memory: a new process counts anew. Not for several threads.
 *
 * @param <T> the things that are put back
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

    /** How long until all these things may be put back; zero where they may be now. */
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

    /** Whether all that was counted is so long ago that it limits nothing any more. */
    boolean isOver() {
        long now = ticker.nanos();
        return repairs.values().stream().allMatch(times -> now - times.getLast() >= WINDOW.toNanos());
    }
}
