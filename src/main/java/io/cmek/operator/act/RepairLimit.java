package io.cmek.operator.act;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How often things of a Kubernetes object are put back: each at most {@link #MOST} times within {@link #WINDOW}, so that two who want
 * different things do not fight for ever. Counted in memory: a new process counts anew.
 */
final class RepairLimit {

    static final int MOST = 2;
    static final Duration WINDOW = Duration.ofHours(1);

    private record Thing(String object, String thing) {}

    private final Map<Thing, List<Instant>> repairs = new ConcurrentHashMap<>();
    private final Clock clock;

    RepairLimit(Clock clock) {
        this.clock = clock;
    }

    /** Whether all these things of the object may be put back now. */
    boolean permits(String object, Collection<String> things) {
        return !freeAt(object, things).isAfter(clock.instant());
    }

    /** From when on all these things of the object may be put back. */
    Instant freeAt(String object, Collection<String> things) {
        Instant now = clock.instant();
        return things.stream()
                .map(thing -> recent(new Thing(object, thing), now))
                .filter(times -> times.size() >= MOST)
                .map(times -> times.get(times.size() - MOST).plus(WINDOW))
                .max(Comparator.naturalOrder())
                .orElse(now);
    }

    void count(String object, Collection<String> things) {
        Instant now = clock.instant();
        things.forEach(thing -> repairs.compute(new Thing(object, thing), (t, before) -> {
            var times = new ArrayList<>(before == null ? List.<Instant>of() : before);
            times.add(now);
            return List.copyOf(times.subList(Math.max(0, times.size() - MOST), times.size()));
        }));
        repairs.keySet().removeIf(thing -> recent(thing, now).isEmpty());
    }

    /** A clock that was set back has made times of the future: these say nothing. */
    private List<Instant> recent(Thing thing, Instant now) {
        return repairs.getOrDefault(thing, List.of()).stream()
                .filter(at -> !at.isAfter(now) && at.plus(WINDOW).isAfter(now))
                .toList();
    }
}
