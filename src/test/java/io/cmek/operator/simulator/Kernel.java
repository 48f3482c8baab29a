package io.cmek.operator.simulator;

import io.cmek.operator.awscontrol.ManualTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.jspecify.annotations.Nullable;

/**
 * Runs blocking code as coroutines on one thread, in virtual time. A coroutine runs until it calls a port; then another one may run. One whose
 * process has crashed is never resumed, and no {@code finally} of it runs.
 */
final class Kernel {

    private static final ContinuationScope SCOPE = new ContinuationScope("world");

    private static final class Coroutine {

        private final Object owner;
        private final Continuation continuation;
        private long wakeAt;

        private Coroutine(Object owner, Runnable body, long wakeAt) {
            this.owner = owner;
            this.continuation = new Continuation(SCOPE, body);
            this.wakeAt = wakeAt;
        }
    }

    private final ManualTicker ticker;
    private final List<Coroutine> coroutines = new ArrayList<>();
    private @Nullable Coroutine current;

    Kernel(ManualTicker ticker) {
        this.ticker = ticker;
    }

    /** @param owner with which it ends */
    void spawn(Object owner, Runnable body) {
        coroutines.add(new Coroutine(owner, body, ticker.nanos()));
    }

    /** Ends all coroutines of a process that has crashed, where they are. */
    void crash(Object owner) {
        coroutines.removeIf(coroutine -> coroutine.owner == owner);
    }

    /** Lets others run. Does nothing outside of a coroutine. */
    void pause() {
        if (current != null) {
            Continuation.yield(SCOPE);
        }
    }

    /** Lets others run for so long. Outside of a coroutine, time passes for all. */
    void sleep(Duration time) {
        if (current == null) {
            ticker.advance(time);
            return;
        }
        current.wakeAt = ticker.nanos() + time.toNanos();
        Continuation.yield(SCOPE);
    }

    /** The process whose coroutine runs. */
    @Nullable
    Object running() {
        return current == null ? null : current.owner;
    }

    /** How many coroutines could go on, in the order in which they began. */
    int runnable() {
        return (int) coroutines.stream().filter(this::isRunnable).count();
    }

    private boolean isRunnable(Coroutine coroutine) {
        return coroutine.wakeAt - ticker.nanos() <= 0;
    }

    /** Lets one of the {@link #runnable} go on until it calls a port, or ends. */
    void resume(int which) {
        Coroutine coroutine = coroutines.stream()
                .filter(this::isRunnable)
                .skip(which)
                .findFirst()
                .orElseThrow();
        current = coroutine;
        try {
            coroutine.continuation.run();
        } finally {
            current = null;
        }
        if (coroutine.continuation.isDone()) {
            coroutines.remove(coroutine);
        }
    }

    /** How long until the first of those that wait can go on; empty where none waits. */
    Optional<Duration> untilNext() {
        return coroutines.stream()
                .map(coroutine -> Duration.ofNanos(Math.max(0, coroutine.wakeAt - ticker.nanos())))
                .min(Duration::compareTo);
    }
}
