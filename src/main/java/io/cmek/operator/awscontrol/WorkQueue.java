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
 * Work queue with the semantics of client-go's. An item that is added while it waits is processed once. An item that is added while a worker has it
 * is processed once more afterwards. No two workers have the same item at a time. An item can also be added with a delay.
 *
 * <p>Each partition starts with a limit of one item in flight. The limit doubles with each item that AWS responded to, up to {@link
 * #MAX_IN_PARTITION}. It falls back to one when a call times out. All partitions together have {@link #MAX_IN_FLIGHT}. Partitions take turns, so that
 * one with many items does not delay the others.
 *
 * <p>The queue has no thread and never blocks. A worker calls {@link #take} until it is empty, and again after {@code wakeUp} or {@link #untilNext}.
 * Thread-safe.
 *
 * @param <K> type that identifies an item
 */
public final class WorkQueue<K> {

    /** Maximum number of items in flight per partition. */
    public static final int MAX_IN_PARTITION = 16;

    /** Maximum number of items in flight: the number of threads. */
    public static final int MAX_IN_FLIGHT = 64;

    /** How AWS responded to the calls for an item. */
    public enum Outcome {
        /** There was no call, so this says nothing about AWS. */
        NOT_CALLED,
        /** AWS responded to all calls, with success or an error. */
        ANSWERED,
        /** A call timed out. */
        TIMED_OUT
    }

    private final Function<K, WorkerPartition> partitionOf;
    private final Ticker ticker;
    private final Runnable wakeUp;

    private final Map<WorkerPartition, PartitionQueue<K>> queues = new LinkedHashMap<>();

    /** Partitions with a waiting item and a free slot, in round-robin order. */
    private final SequencedSet<PartitionQueue<K>> turns = new LinkedHashSet<>();

    private final Map<K, Later<K>> later = new LinkedHashMap<>();
    private final TreeSet<Later<K>> schedule = new TreeSet<>();

    private final Map<K, InFlight> processing = new LinkedHashMap<>();

    private long sequence;

    /** The items of one partition: the waiting ones in order, and the number in flight. */
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
     * An item in flight.
     *
     * @param since when it was taken, by the ticker
     * @param again whether it was added meanwhile
     */
    private record InFlight(long since, boolean again) {

        InFlight again(boolean again) {
            return new InFlight(since, again);
        }
    }

    /** An item that becomes ready at a time of the ticker. Items with the same time keep their order of arrival. */
    private record Later<K>(K item, long at, long sequence) implements Comparable<Later<K>> {

        @Override
        public int compareTo(Later<K> other) {
            long apart = at - other.at;
            return apart != 0 ? Long.signum(apart) : Long.compare(sequence, other.sequence);
        }
    }

    /**
     * @param partitionOf must always return the same for the same item
     * @param wakeUp called when an item may be ready earlier than {@link #untilNext} returned; it must not block
     */
    public WorkQueue(Function<K, WorkerPartition> partitionOf, Ticker ticker, Runnable wakeUp) {
        this.partitionOf = partitionOf;
        this.ticker = ticker;
        this.wakeUp = wakeUp;
    }

    /** Adds the item for processing as soon as a worker is free. This replaces a scheduled addition. */
    public void add(K item) {
        synchronized (this) {
            unschedule(item);
            enqueue(item);
        }
        wakeUp.run();
    }

    /** Adds the item after the delay. An earlier scheduled addition stays. */
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

    /** Removes the item. A worker that has it finishes. */
    public synchronized void remove(K item) {
        unschedule(item);
        processing.computeIfPresent(item, (i, own) -> own.again(false));
        PartitionQueue<K> queue = queues.get(partitionOf.apply(item));
        if (queue != null && queue.waiting.remove(item)) {
            endTurn(queue);
        }
    }

    /**
     * Takes the next item. The caller must give it back with {@link #done}.
     *
     * @return empty if no item is ready, or if the limits of items in flight are reached
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
        endTurn(queue);
        return Optional.of(item);
    }

    /**
     * Gives an item back.
     *
     * @throws IllegalStateException if the item is not in flight
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
            endTurn(queue);
        }
        wakeUp.run();
    }

    /** Time until {@link #take} may return an item within the limits. Zero if it would return one now. Empty if none is scheduled. */
    public synchronized Optional<Duration> untilNext() {
        ripen();
        if (processing.size() < MAX_IN_FLIGHT && !turns.isEmpty()) {
            return Optional.of(Duration.ZERO);
        }
        return schedule.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(schedule.first().at() - ticker.nanos()));
    }

    /** Number of ready items that wait for a worker. */
    public synchronized int depth() {
        return depth(item -> true);
    }

    /** Number of ready items that match and wait for a worker. */
    public synchronized int depth(Predicate<K> which) {
        ripen();
        return (int) queues.values().stream()
                .flatMap(queue -> queue.waiting.stream())
                .filter(which)
                .count();
    }

    /** Number of items in flight. */
    public synchronized int inFlight() {
        return processing.size();
    }

    /** Time since the oldest item in flight was taken. Zero if no item is in flight. */
    public synchronized Duration oldestInFlight() {
        long now = ticker.nanos();
        return Duration.ofNanos(processing.values().stream()
                .mapToLong(own -> now - own.since())
                .max()
                .orElse(0));
    }

    /** Whether no state of any item is left. For tests of eviction. */
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
            endTurn(queue);
        }
    }

    private void unschedule(K item) {
        Later<K> planned = later.remove(item);
        if (planned != null) {
            schedule.remove(planned);
        }
    }

    /** Moves the scheduled items whose time has come to the ready items. */
    private void ripen() {
        long now = ticker.nanos();
        while (!schedule.isEmpty() && schedule.first().at() - now <= 0) {
            K item = schedule.removeFirst().item();
            later.remove(item);
            enqueue(item);
        }
    }

    /** A partition that had its turn goes to the end of the round. A partition without items is dropped, and starts with one item in flight again. */
    private void endTurn(PartitionQueue<K> queue) {
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
