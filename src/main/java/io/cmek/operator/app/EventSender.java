package io.cmek.operator.app;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Sends Events to the API server on one thread. If the queue is full, it drops an Event and logs a warning. */
final class EventSender implements Executor, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(EventSender.class);
    private static final int MAX_WAITING = 10_000;
    private static final Duration IDLE = Duration.ofSeconds(5);

    private final ThreadPoolExecutor executor = new ThreadPoolExecutor(
            1,
            1,
            IDLE.toMillis(),
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(MAX_WAITING),
            Thread.ofPlatform().daemon().name("events").factory(),
            (event, full) -> LOG.warnf("%d Events wait for the API server: the next Event was dropped", MAX_WAITING));

    EventSender() {
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable event) {
        executor.execute(event);
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
