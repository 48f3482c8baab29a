package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PeriodicTaskTest {

    private static final Duration SHORT = Duration.ofMillis(1);

    /** No turn comes by itself while a test lasts. */
    private static final Duration LONG = Duration.ofHours(1);

    private final AtomicLong nanos = new AtomicLong(42);
    private final AtomicInteger turns = new AtomicInteger();

    private PeriodicTask loop(Duration pause, Runnable turn) {
        return new PeriodicTask("test", pause, turn, nanos::get);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void aLoopThatWasNotStartedIsNotDead() {
        try (PeriodicTask loop = loop(SHORT, turns::incrementAndGet)) {
            pass(Duration.ofDays(1));
            assertThat(loop.isDead()).isFalse();
            assertThat(loop.silence()).isZero();
        }
    }

    @Test
    void itIsDeadWhenItHasBeenSilentForTenPauses() {
        try (PeriodicTask loop = loop(LONG, turns::incrementAndGet)) {
            loop.start();
            pass(LONG.multipliedBy(PeriodicTask.MISSED_TURNS));
            assertThat(loop.isDead()).isFalse();
            pass(Duration.ofNanos(1));
            assertThat(loop.isDead()).isTrue();
            loop.beat();
            assertThat(loop.isDead()).isFalse();
        }
    }

    @Test
    void aShortPauseIsGivenThirtySeconds() {
        var hangs = new CountDownLatch(1);
        try (PeriodicTask loop = loop(SHORT, () -> {
            turns.incrementAndGet();
            untilInterrupted(hangs);
        })) {
            loop.start();
            await().until(() -> turns.get() == 1);
            pass(PeriodicTask.PATIENCE);
            assertThat(loop.isDead()).isFalse();
            pass(SHORT);
            assertThat(loop.isDead()).as("a turn that hangs").isTrue();
        }
    }

    private static void untilInterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aTurnThatFailsDoesNotEndIt() {
        try (PeriodicTask loop = loop(SHORT, () -> {
            turns.incrementAndGet();
            throw new IllegalStateException("this test's own failure");
        })) {
            loop.start();
            await().until(() -> turns.get() >= 3);
            assertThat(loop.isDead()).isFalse();
        }
    }

    @Test
    void anErrorEndsItAndItIsNoticed() throws InterruptedException {
        try (PeriodicTask loop = loop(SHORT, () -> {
            turns.incrementAndGet();
            throw new AssertionError("this test's own error");
        })) {
            loop.start();
            await().until(() -> turns.get() == 1);
            Thread.sleep(50);
            assertThat(turns).hasValue(1);
            pass(PeriodicTask.PATIENCE.plusNanos(1));
            assertThat(loop.isDead()).isTrue();
        }
    }
}
