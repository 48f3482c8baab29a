package io.cmek.operator.app;

import io.cmek.operator.awscontrol.LiveRequests;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Coalesces concurrent reads: callers that arrive while a read is running share the next read. So one list of all resources serves all policy
 * cleanups that wait. A caller cannot use the running read, because that read may miss a change from before the call.
 */
final class SharedLiveRequests implements LiveRequests {

    private final LiveRequests reader;
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock joining = new ReentrantLock();
    private @Nullable CompletableFuture<Reading> next;

    SharedLiveRequests(LiveRequests reader) {
        this.reader = reader;
    }

    @Override
    public Reading read() {
        CompletableFuture<Reading> mine = join();
        reading.lock();
        try {
            if (!mine.isDone()) {
                begin();
                try {
                    mine.complete(reader.read());
                } catch (RuntimeException e) {
                    mine.completeExceptionally(e);
                }
            }
            return mine.join();
        } finally {
            reading.unlock();
        }
    }

    private CompletableFuture<Reading> join() {
        joining.lock();
        try {
            if (next == null) {
                next = new CompletableFuture<>();
            }
            return next;
        } finally {
            joining.unlock();
        }
    }

    /** Closes the current batch: later callers join the next read. */
    private void begin() {
        joining.lock();
        try {
            next = null;
        } finally {
            joining.unlock();
        }
    }
}
