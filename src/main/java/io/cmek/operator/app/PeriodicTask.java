package io.cmek.operator.app;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Something that is done again and again on a thread of its own, with a pause in between; and that can be asked whether it still is. A turn
 * that fails is logged, and the next one comes. An {@link Error} ends the loop, and so, in effect, does a turn that hangs: both make it dead.
 */
public final class PeriodicTask implements AutoCloseable {

    /** The least silence that is taken for death: a machine without a free core delays turns, too. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The silence that is taken for death where the pause is long, in pauses. */
    static final int MISSED_TURNS = 10;

    private static final Logger LOG = Logger.getLogger(PeriodicTask.class);

    private final String name;
    private final Duration pause;
    private final Runnable turn;
    private final LongSupplier nanos;
    private final ScheduledExecutorService executor;
    private volatile boolean started;
    private volatile long lastBeat;

    /** @param name for its thread, logs and the health check */
    public PeriodicTask(String name, Duration pause, Runnable turn) {
        this(name, pause, turn, System::nanoTime);
    }

    /** @param nanos time that runs evenly, whatever is done to the clock on the wall; in nanoseconds */
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

    /** For how long nothing was heard of it: since its last turn began or ended. Zero before it is started. */
    public Duration silence() {
        return started ? Duration.ofNanos(nanos.getAsLong() - lastBeat) : Duration.ZERO;
    }

    /** Whether it has been silent for so long that it will not come back by itself. */
    public boolean isDead() {
        Duration missed = pause.multipliedBy(MISSED_TURNS);
        return silence().compareTo(missed.compareTo(PATIENCE) > 0 ? missed : PATIENCE) > 0;
    }

    void beat() {
        lastBeat = nanos.getAsLong();
        try {
            turn.run();
        } catch (RuntimeException e) {
            LOG.errorf(e, "The loop %s missed a turn; it goes on", name);
        }
        lastBeat = nanos.getAsLong();
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
