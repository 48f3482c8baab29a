package io.cmek.operator.app;

import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsControllers.Work;
import io.cmek.operator.awscontrol.WorkQueue;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The threads of the key and bucket controllers. One dispatcher thread takes ready items from the work queue. Worker threads process them, at most
 * {@link WorkQueue#MAX_IN_FLIGHT} at once, and end when idle.
 */
final class AwsWorkers implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(AwsWorkers.class);

    /** How long an idle worker thread is kept. */
    private static final Duration IDLE = Duration.ofSeconds(5);

    /** A worker that has returned its item still occupies its thread for a moment. */
    private static final int MAX_THREADS = 2 * WorkQueue.MAX_IN_FLIGHT;

    private static final Duration BEAT = Duration.ofMillis(500);

    /** The dispatcher returns after this many items, so that it reports a heartbeat under load too. */
    private static final int MAX_IN_A_BEAT = 1_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private final ExecutorService workers;
    private final PeriodicTask loop = new PeriodicTask("aws-queue", Duration.ofMillis(1), this::handOut);
    private volatile @Nullable AwsControllers controllers;
    private boolean isWoken;

    /** Whether no thread was free for the last item; then the warning was logged already. */
    private boolean isFull;

    AwsWorkers() {
        this(new ThreadPoolExecutor(
                0,
                MAX_THREADS,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("aws-worker-", 0).factory()));
    }

    /** @param workers an executor without a queue: it runs a task at once or rejects it */
    AwsWorkers(ExecutorService workers) {
        this.workers = workers;
    }

    /** Wakes the dispatcher, because an item in the queue may be ready. */
    void wakeUp() {
        lock.lock();
        try {
            isWoken = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Sets the controllers whose items are processed. Call it before {@link #loop} is started. */
    void use(AwsControllers controllers) {
        this.controllers = controllers;
    }

    PeriodicTask loop() {
        return loop;
    }

    /** Dispatches ready items, then waits until the next item can be ready. */
    private void handOut() {
        AwsControllers controllers = Objects.requireNonNull(this.controllers);
        for (int handedOut = 0; handedOut < MAX_IN_A_BEAT; handedOut++) {
            Optional<Work> next = controllers.next();
            if (next.isEmpty()) {
                awaitMore(controllers);
                return;
            }
            if (!isAccepted(next.get())) {
                awaitThread();
                return;
            }
        }
    }

    /** A rejected item goes back to the queue; otherwise it would stay in flight for ever. */
    private boolean isAccepted(Work work) {
        try {
            workers.execute(work);
            isFull = false;
            return true;
        } catch (RejectedExecutionException e) {
            work.putOff();
            if (!isFull && !workers.isShutdown()) {
                LOG.warn("No worker thread is free: all keys and buckets wait until one is");
            }
            isFull = true;
            return false;
        }
    }

    /** Waits for a free thread: a worker that returns its item wakes the dispatcher. */
    private void awaitThread() {
        lock.lock();
        try {
            woken.awaitNanos(BEAT.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void awaitMore(AwsControllers controllers) {
        Duration wait = controllers
                .untilNext()
                .filter(until -> until.compareTo(BEAT) < 0)
                .orElse(BEAT);
        lock.lock();
        try {
            if (!isWoken && wait.isPositive()) {
                woken.awaitNanos(wait.toNanos());
            }
            isWoken = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        loop.close();
        workers.shutdownNow();
    }
}
