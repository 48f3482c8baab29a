package io.cmek.operator.observe;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.condition.Text;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Knows things in AWS: looks at each when it is first asked about, then again at an interval, and tells when what it knows has changed. All
 * who ask about a thing share one look, so that the calls grow with things and not with those who ask.
 *
 * @param <K> which thing
 * @param <F> the fact that is known about it; facts that are equal are no change
 */
public final class Watch<K, F> implements AutoCloseable {

    /**
     * How often things are looked at.
     *
     * @param interval between two looks at a healthy thing, jittered by a tenth so that looks spread
     * @param troubled between two looks at a troubled one; after failed looks it doubles up to {@code interval}
     * @param maxAge for how long a good fact outlives failed looks
     */
    public record Pace(Duration interval, Duration troubled, Duration maxAge) {}

    private static final Logger LOG = Logger.getLogger(Watch.class);
    private static final Duration TICK = Duration.ofMillis(500);

    /** In each lane: enough for a key a second and more, and few enough for many lanes to hang at once. */
    private static final int CONCURRENT_LOOKS = 8;

    private static final int CONCURRENT_FIRST_LOOKS = 16;

    /** Of an error that was not foreseen, in characters. */
    private static final int LONGEST_WORDS = 200;

    /** How long the answer to a first look is waited for. Longer than AWS takes; one that hangs is not to hold up who waits for the asker. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final String name;
    private final Function<K, Answer<F>> look;
    private final Function<K, Lane> lane;
    private final Predicate<F> troubling;
    private final Pace pace;
    private final Clock clock;
    private final Predicate<K> needed;
    private final Consumer<K> changed;
    private final Map<K, Entry> entries = new ConcurrentHashMap<>();
    private final Loop loop;
    private final Map<Lane, ExecutorService> looks = new ConcurrentHashMap<>();
    private final Map<Lane, ExecutorService> firstLooks = new ConcurrentHashMap<>();

    /**
     * @param name for threads and logs
     * @param look one look; AWS failures are part of what it returns
     * @param lane of a thing: a look that hangs holds up those of its own lane at most
     * @param troubling whether a fact is one to look at again soon
     * @param needed whether anybody still asks for the thing; else it is forgotten
     * @param changed called after a look that found a change, whoever had it made: what one of those who share a thing sees, the others must
     *     hear of
     */
    public Watch(
            String name,
            Function<K, Answer<F>> look,
            Function<K, Lane> lane,
            Predicate<F> troubling,
            Pace pace,
            Clock clock,
            Predicate<K> needed,
            Consumer<K> changed) {
        this.name = name;
        this.look = look;
        this.lane = lane;
        this.troubling = troubling;
        this.pace = pace;
        this.clock = clock;
        this.needed = needed;
        this.changed = changed;
        this.loop = new Loop("watch-" + name, TICK, this::lookAtWhatIsDue);
    }

    private final class Entry {
        final ReentrantLock looking = new ReentrantLock();
        volatile @Nullable Observation<F> observation;
        volatile Instant lookedAt = Instant.MIN;
        volatile Instant nextLook = Instant.MAX;
        volatile boolean hurried;
        volatile @Nullable Object lastSaid;
        int troubles;
        final AtomicReference<@Nullable FirstLook> first = new AtomicReference<>();
    }

    /** A first look that is under way, or failed in an unforeseen way. */
    private static final class FirstLook {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        final long until = System.nanoTime() + PATIENCE.toNanos();
        volatile boolean missed;

        void await() {
            try {
                done.get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                missed = true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    public void start() {
        loop.start();
    }

    /**
     * What is known. Looks the first time, and waits a moment for the answer; who has none by then is told when it comes, as of a change.
     *
     * @return {@link Observation#never} where there is no answer yet
     */
    public Observation<F> current(K thing) {
        Entry entry = entry(thing);
        FirstLook first = ask(thing, entry);
        if (first != null) {
            first.await();
        }
        Observation<F> known = entry.observation;
        return known == null ? Observation.never() : known;
    }

    /** Has everything looked at that never was, without waiting for it. */
    public void ask(Collection<K> things) {
        things.forEach(thing -> ask(thing, entry(thing)));
    }

    /** Whether something is known of all of it, be it that AWS cannot be reached. Waits as {@link #current} does, for all at once. */
    public boolean isKnown(Collection<K> things) {
        ask(things);
        return things.stream().allMatch(thing -> !current(thing).isNever());
    }

    /** @return the first look that is under way, null where there was one */
    private @Nullable FirstLook ask(K thing, Entry entry) {
        if (entry.observation != null) {
            return null;
        }
        var mine = new FirstLook();
        FirstLook first = entry.first.compareAndExchange(null, mine);
        if (first != null) {
            return first;
        }
        firstLooks
                .computeIfAbsent(lane.apply(thing), l -> Workers.of("first-look-" + name, CONCURRENT_FIRST_LOOKS))
                .execute(() -> lookFirst(thing, entry, mine));
        return mine;
    }

    private void lookFirst(K thing, Entry entry, FirstLook first) {
        try {
            lookUnless(seen -> true, thing, entry);
            first.done.complete(null);
        } catch (RuntimeException e) {
            LOG.errorf(e, "The first look at %s failed in an unforeseen way; it is repeated", thing);
            entry.first.set(null);
            first.done.completeExceptionally(e);
        }
        if (first.missed) {
            changed.accept(thing);
        }
    }

    /** What is known from a look that is not older than {@code age}; nothing is younger than zero, so that this always looks. */
    public Observation<F> freshWithin(K thing, Duration age) {
        return lookUnless(at -> isWithin(at, age), thing, entry(thing));
    }

    /** A clock that was set back has made times of the future: these say nothing. */
    private boolean isWithin(Instant at, Duration age) {
        Duration since = Duration.between(at, clock.instant());
        return !since.isNegative() && since.compareTo(age) < 0;
    }

    /** Has the things that were looked at, and meet the test, looked at again at once. */
    public void hurry(Predicate<K> which) {
        Instant now = clock.instant();
        entries.forEach((thing, entry) -> {
            if (which.test(thing) && entry.observation != null) {
                // A look that is under way may be so since before what it is hurried for: then there is another.
                entry.hurried = entry.nextLook.equals(Instant.MAX);
                entry.nextLook = now;
            }
        });
    }

    /** Takes note of what a write of our own has made true. */
    public void note(K thing, F fact) {
        Entry entry = entry(thing);
        entry.looking.lock();
        try {
            take(entry, Observation.seen(fact, clock.instant()));
        } finally {
            entry.looking.unlock();
        }
    }

    /** How long a good fact outlives failed looks. */
    public Duration maxAge() {
        return pace.maxAge();
    }

    /** What is known of each thing that was looked at, as of now. */
    public Map<K, Observation<F>> known() {
        var known = new HashMap<K, Observation<F>>();
        entries.forEach((thing, entry) -> {
            Observation<F> observation = entry.observation;
            if (observation != null) {
                known.put(thing, observation);
            }
        });
        return known;
    }

    /** How many things are being looked at, or wait for their turn to be. */
    public int pendingLooks() {
        int pending = 0;
        for (Entry entry : entries.values()) {
            if (entry.nextLook.equals(Instant.MAX)) {
                pending++;
            }
        }
        return pending;
    }

    /** What finds the things whose turn it is. */
    public Loop loop() {
        return loop;
    }

    private Entry entry(K thing) {
        return entries.computeIfAbsent(thing, k -> new Entry());
    }

    private Observation<F> lookUnless(Predicate<Instant> enough, K thing, Entry entry) {
        Observation<F> observation;
        boolean different;
        entry.looking.lock();
        try {
            Observation<F> known = entry.observation;
            if (known != null && enough.test(entry.lookedAt)) {
                return known;
            }
            boolean changed = lookNow(thing, entry);
            observation = Objects.requireNonNull(entry.observation);
            different = known != null && changed;
        } finally {
            entry.looking.unlock();
        }
        if (different) {
            changed.accept(thing);
        }
        return observation;
    }

    /**
     * Whoever asked between a failed look and this one may have found the last fact too old, which no look has told: so the end of a failure
     * is always a change.
     *
     * @return whether it found a change
     */
    private boolean lookNow(K thing, Entry entry) {
        Observation<F> before = entry.observation == null ? Observation.never() : entry.observation;
        Object said = entry.lastSaid;
        Answer<F> answer = lookAt(thing, entry);
        Observation<F> observation = before.then(answer, clock.instant());
        boolean troubled = observation.failure() != null || troubling.test(observation.lastSeen());
        entry.troubles = troubled ? entry.troubles + 1 : 0;
        take(entry, observation);
        return !Objects.equals(said, entry.lastSaid) || (before.failure() != null && observation.failure() == null);
    }

    /** A look that fails in an unforeseen way is one that failed: whoever asks is told so, and can go on with what else there is. */
    private Answer<F> lookAt(K thing, Entry entry) {
        try {
            return look.apply(thing);
        } catch (RuntimeException e) {
            LOG.logf(
                    entry.troubles == 0 ? Logger.Level.ERROR : Logger.Level.DEBUG,
                    e,
                    "A look at %s failed in an unforeseen way; it is repeated",
                    thing);
            return new Answer.Failed<>(new Failure.Unavailable(new Failure.Detail(
                    "a read of " + name,
                    e.getClass().getSimpleName(),
                    Text.line(Objects.requireNonNullElse(e.getMessage(), ""), LONGEST_WORDS),
                    null)));
        }
    }

    private void take(Entry entry, Observation<F> observation) {
        entry.observation = observation;
        entry.lookedAt = clock.instant();
        entry.nextLook = entry.hurried ? entry.lookedAt : entry.lookedAt.plus(pause(entry.troubles));
        entry.hurried = false;
        entry.lastSaid = observation.says(entry.lookedAt, pace.maxAge());
    }

    private Duration pause(int troubles) {
        long interval = pace.interval().toMillis();
        long pause =
                troubles == 0 ? interval : Math.min(interval, pace.troubled().toMillis() << Math.min(troubles - 1, 16));
        return Duration.ofMillis(
                pause - pause / 10 + ThreadLocalRandom.current().nextLong(pause / 5 + 1));
    }

    private void lookAtWhatIsDue() {
        Instant now = clock.instant();
        entries.forEach((thing, entry) -> {
            if (isDue(entry.nextLook, now)) {
                entry.nextLook = Instant.MAX;
                looks.computeIfAbsent(lane.apply(thing), l -> Workers.of("look-" + name, CONCURRENT_LOOKS))
                        .execute(() -> lookAgain(thing, entry));
            }
        });
    }

    /** A look that is further away than any pause was planned before the clock was set back; one that is under way has no next yet. */
    private boolean isDue(Instant nextLook, Instant now) {
        return !nextLook.isAfter(now)
                || (!nextLook.equals(Instant.MAX)
                        && nextLook.isAfter(now.plus(pace.interval().multipliedBy(2))));
    }

    private void lookAgain(K thing, Entry entry) {
        boolean different = false;
        try {
            if (!needed.test(thing)) {
                entries.remove(thing, entry);
                return;
            }
            entry.looking.lock();
            try {
                different = lookNow(thing, entry);
            } finally {
                entry.looking.unlock();
            }
            if (different) {
                changed.accept(thing);
            }
        } catch (RuntimeException e) {
            LOG.errorf(e, "A look at %s failed in an unforeseen way; it is repeated", thing);
            entry.nextLook = clock.instant().plus(pace.interval());
        }
    }

    @Override
    public void close() {
        loop.close();
        looks.values().forEach(ExecutorService::shutdownNow);
        firstLooks.values().forEach(ExecutorService::shutdownNow);
    }
}
