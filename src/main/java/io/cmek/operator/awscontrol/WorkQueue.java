package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The items that wait for a worker, as client-go's work queue has them: an item that is added while it waits is worked on once, and one that is
 * added while a worker has it is worked on once more afterwards, never by two workers at a time. An item can be added for later.
 *
 * <p>Each partition starts with one item in flight. Its limit doubles with each item that AWS answered, up to {@link #MAX_IN_PARTITION}, and
 * falls back to one when a call times out. All partitions together have {@link #MAX_IN_FLIGHT}. Partitions take turns, so that one with many
 * items does not delay the others.
 *
 * <p>The queue has no thread and never waits. A worker asks {@link #take} until it is empty, and again when {@code wakeUp} was called or {@link
 * #untilNext} is over. All methods may be called from any thread.
 *
 * @param <K> what identifies an item
 */
public final class WorkQueue<K> {

    /** The most items of one partition that workers have at a time. */
    public static final int MAX_IN_PARTITION = 16;

    /** The most items that workers have at a time: the number of threads. */
    public static final int MAX_IN_FLIGHT = 64;

    /** How AWS treated the calls that were made for an item. */
    public enum Outcome {
        /** None was made: that says nothing about AWS. */
        NOT_CALLED,
        /** All calls were answered, even if by a refusal. */
        ANSWERED,
        /** A call timed out. */
        TIMED_OUT
    }

    private final Function<K, WorkerPartition> partitionOf;
    private final Ticker ticker;
    private final Runnable wakeUp;

    private final Map<WorkerPartition, PartitionQueue<K>> queues = new LinkedHashMap<>();

    /** Those with an item that waits and room for it, in the order of their turns. */
    private final SequencedSet<PartitionQueue<K>> turns = new LinkedHashSet<>();

    private final Map<K, Later<K>> later = new LinkedHashMap<>();
    private final TreeSet<Later<K>> schedule = new TreeSet<>();

    private final Map<K, InFlight> processing = new LinkedHashMap<>();

    private long sequence;

    /** The items of one partition: those that wait, in their order, and how many workers have. */
    private static final class PartitionQueue<K> {

        final WorkerPartition partition;
        final SequencedSet<K> waiting = new LinkedHashSet<>();
        int inFlight;
        int limit = 1;

        PartitionQueue(WorkerPartition partition) {
            this.partition = partition;
        }

        boolean hasTurn() {
            return !waiting.isEmpty() && inFlight < limit;
        }
    }

    /**
     * An item that a worker has.
     *
     * @param since when it was taken, of the ticker
     * @param again whether it was added meanwhile
     */
    private record InFlight(long since, boolean again) {

        InFlight again(boolean again) {
            return new InFlight(since, again);
        }
    }

    /** An item that becomes ready at a time of the ticker; those of the same time in the order in which they came. */
    private record Later<K>(K item, long at, long sequence) implements Comparable<Later<K>> {

        @Override
        public int compareTo(Later<K> other) {
            long apart = at - other.at;
            return apart != 0 ? Long.signum(apart) : Long.compare(sequence, other.sequence);
        }
    }

    /**
     * @param partitionOf always the same for the same item
     * @param wakeUp called when an item may be ready earlier than {@link #untilNext} said; it must not wait
     */
    public WorkQueue(Function<K, WorkerPartition> partitionOf, Ticker ticker, Runnable wakeUp) {
        this.partitionOf = partitionOf;
        this.ticker = ticker;
        this.wakeUp = wakeUp;
    }

    /** Has the item worked on as soon as there is a worker. What was planned for it for later is done by that. */
    public void add(K item) {
        synchronized (this) {
            unschedule(item);
            enqueue(item);
        }
        wakeUp.run();
    }

    /** Has the item worked on when the delay is over, or earlier where that was planned already. */
    public void addAfter(K item, Duration delay) {
        if (!delay.isPositive()) {
            add(item);
            return;
        }
        synchronized (this) {
            long at = ticker.nanos() + delay.toNanos();
            Later<K> planned = later.get(item);
            if (isWaiting(item) || (planned != null && planned.at() - at <= 0)) {
                return;
            }
            unschedule(item);
            var entry = new Later<>(item, at, sequence++);
            later.put(item, entry);
            schedule.add(entry);
        }
        wakeUp.run();
    }

    /** Forgets the item. A worker that has it finishes. */
    public synchronized void remove(K item) {
        unschedule(item);
        processing.computeIfPresent(item, (i, own) -> own.again(false));
        PartitionQueue<K> queue = queues.get(partitionOf.apply(item));
        if (queue != null && queue.waiting.remove(item)) {
            applyPolicy(queue);
        }
    }

    /**
     * The next item, now the caller's, who must give it back by {@link #done}.
     *
     * @return empty where no item is ready, or no worker may have one more
     */
    public synchronized Optional<K> take() {
        ripen();
        if (processing.size() >= MAX_IN_FLIGHT || turns.isEmpty()) {
            return Optional.empty();
        }
        PartitionQueue<K> queue = turns.removeFirst();
        K item = queue.waiting.removeFirst();
        queue.inFlight++;
        processing.put(item, new InFlight(ticker.nanos(), false));
        applyPolicy(queue);
        return Optional.of(item);
    }

    /**
     * Gives an item back.
     *
     * @throws IllegalStateException where nobody has it
     */
    public void done(K item, Outcome outcome) {
        synchronized (this) {
            InFlight own = processing.remove(item);
            if (own == null) {
                throw new IllegalStateException("no worker has " + item);
            }
            PartitionQueue<K> queue = queues.get(partitionOf.apply(item));
            queue.inFlight--;
            queue.limit = switch (outcome) {
                case NOT_CALLED -> queue.limit;
                case ANSWERED -> Math.min(2 * queue.limit, MAX_IN_PARTITION);
                case TIMED_OUT -> 1;
            };
            if (own.again()) {
                queue.waiting.add(item);
            }
            applyPolicy(queue);
        }
        wakeUp.run();
    }

    /** How long until an item is ready for which there is room; empty where none is planned. Zero where {@link #take} would give one. */
    public synchronized Optional<Duration> untilNext() {
        ripen();
        if (processing.size() < MAX_IN_FLIGHT && !turns.isEmpty()) {
            return Optional.of(Duration.ZERO);
        }
        return schedule.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(schedule.first().at() - ticker.nanos()));
    }

    /** How many items are ready and wait for a worker. */
    public synchronized int depth() {
        return depth(item -> true);
    }

    /** The same, of some items. */
    public synchronized int depth(Predicate<K> which) {
        ripen();
        return (int) queues.values().stream()
                .flatMap(queue -> queue.waiting.stream())
                .filter(which)
                .count();
    }

    /** How many items workers have. */
    public synchronized int inFlight() {
        return processing.size();
    }

    /** For how long a worker has had the item that was taken first of those that workers have; zero where they have none. */
    public synchronized Duration oldestInFlight() {
        long now = ticker.nanos();
        return Duration.ofNanos(processing.values().stream()
                .mapToLong(own -> now - own.since())
                .max()
                .orElse(0));
    }

    /** Whether nothing is kept of any item: for tests of what is evicted. */
    synchronized boolean isEmpty() {
        return queues.isEmpty() && later.isEmpty() && processing.isEmpty();
    }

    private boolean isWaiting(K item) {
        PartitionQueue<K> queue = queues.get(partitionOf.apply(item));
        InFlight own = processing.get(item);
        return (own != null && own.again()) || (queue != null && queue.waiting.contains(item));
    }

    private void enqueue(K item) {
        if (processing.computeIfPresent(item, (i, own) -> own.again(true)) == null) {
            PartitionQueue<K> queue = queues.computeIfAbsent(partitionOf.apply(item), PartitionQueue::new);
            queue.waiting.add(item);
            applyPolicy(queue);
        }
    }

    private void unschedule(K item) {
        Later<K> planned = later.remove(item);
        if (planned != null) {
            schedule.remove(planned);
        }
    }

    /** What was planned for until now is ready. */
    private void ripen() {
        long now = ticker.nanos();
        while (!schedule.isEmpty() && schedule.first().at() - now <= 0) {
            K item = schedule.removeFirst().item();
            later.remove(item);
            enqueue(item);
        }
    }

    /** A partition that gets a turn is the last. One without items is forgotten, and starts with one in flight again. */
    private void applyPolicy(PartitionQueue<K> queue) {
        if (!queue.hasTurn()) {
            turns.remove(queue);
        } else {
            turns.add(queue);
        }
        if (queue.waiting.isEmpty() && queue.inFlight == 0) {
            queues.remove(queue.partition);
        }
    }
}
