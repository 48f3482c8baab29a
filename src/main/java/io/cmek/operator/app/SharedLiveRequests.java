package io.cmek.operator.app;

import io.cmek.operator.awscontrol.LiveRequests;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets all who ask while a read is under way share the next one: one read of all resources serves all releases that waited when it began. A read
 * that began before somebody asked may be older than what he has to know.
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

    /** Who asks from now on gets another read. */
    private void begin() {
        joining.lock();
        try {
            next = null;
        } finally {
            joining.unlock();
        }
    }
}
