package io.cmek.operator.app;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * A periodic task on its own thread, with a fixed delay between runs and a liveness check. A run that throws an exception is logged, and the task
 * goes on. After an {@link Error} the task does not run again. A task that threw an {@link Error} or that hangs counts as dead.
 */
public final class PeriodicTask implements AutoCloseable {

    /** Minimum time without a heartbeat before the task counts as dead; allows for CPU starvation. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Number of missed runs after which a task with a long delay counts as dead. */
    static final int MISSED_TURNS = 10;

    private static final Logger LOG = Logger.getLogger(PeriodicTask.class);

    private final String name;
    private final Duration pause;
    private final Runnable turn;
    private final LongSupplier nanos;
    private final ScheduledExecutorService executor;
    private volatile boolean started;
    private volatile long lastBeat;

    /**
     * @param name of the thread, for logs and the health check
     * @param pause the delay between the end of a run and the start of the next
     */
    public PeriodicTask(String name, Duration pause, Runnable turn) {
        this(name, pause, turn, System::nanoTime);
    }

    /** @param nanos a monotonic clock, in nanoseconds */
    public PeriodicTask(String name, Duration pause, Runnable turn, LongSupplier nanos) {
        this.name = name;
        this.pause = pause;
        this.turn = turn;
        this.nanos = nanos;
        this.executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
    }

    public String name() {
        return name;
    }

    public void start() {
        lastBeat = nanos.getAsLong();
        started = true;
        executor.scheduleWithFixedDelay(this::beat, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Time since the last heartbeat, at which a run began or ended. Zero before the task is started. */
    public Duration silence() {
        return started ? Duration.ofNanos(nanos.getAsLong() - lastBeat) : Duration.ZERO;
    }

    /** Whether the last heartbeat is so old that the task is not expected to recover. */
    public boolean isDead() {
        Duration missed = pause.multipliedBy(MISSED_TURNS);
        return silence().compareTo(missed.compareTo(PATIENCE) > 0 ? missed : PATIENCE) > 0;
    }

    void beat() {
        lastBeat = nanos.getAsLong();
        try {
            turn.run();
        } catch (RuntimeException e) {
            LOG.errorf(e, "The periodic task %s failed; it runs again in %d ms", name, pause.toMillis());
        }
        lastBeat = nanos.getAsLong();
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
