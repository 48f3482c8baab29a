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
 * The threads of the controllers of keys and buckets. One hands out items as they become ready; the others work on them, as many as the work queue
 * lets, and end when there is nothing to do.
 */
final class AwsWorkers implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(AwsWorkers.class);

    /** How long an idle worker is kept. */
    private static final Duration IDLE = Duration.ofSeconds(5);

    /** Workers that have given their item back are threads for a moment more. */
    private static final int MAX_THREADS = 2 * WorkQueue.MAX_IN_FLIGHT;

    private static final Duration BEAT = Duration.ofMillis(500);

    /** Items that are handed out before the loop shows that it goes round. */
    private static final int MAX_IN_A_BEAT = 1_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private final ExecutorService workers;
    private final PeriodicTask loop = new PeriodicTask("aws-queue", Duration.ofMillis(1), this::handOut);
    private volatile @Nullable AwsControllers controllers;
    private boolean isWoken;

    /** Whether the last item found no thread. */
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

    /** @param workers runs what it accepts at once, or rejects it */
    AwsWorkers(ExecutorService workers) {
        this.workers = workers;
    }

    /** Has the queue looked at again: something in it may be ready. */
    void wakeUp() {
        lock.lock();
        try {
            isWoken = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Has the items of these controllers worked on, from when its loop is started. */
    void use(AwsControllers controllers) {
        this.controllers = controllers;
    }

    PeriodicTask loop() {
        return loop;
    }

    /** Hands out what is ready, and waits until something may be. */
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

    /** An item that no thread takes goes back to the queue: else nobody could ever take it again. */
    private boolean isAccepted(Work work) {
        try {
            workers.execute(work);
            isFull = false;
            return true;
        } catch (RejectedExecutionException e) {
            work.putOff();
            if (!isFull && !workers.isShutdown()) {
                LOG.warn("No thread is free for the next key or bucket; it waits, and so do all others until one is");
            }
            isFull = true;
            return false;
        }
    }

    /** A worker that gives its item back wakes the loop. */
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
