package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TimersTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualTicker ticker = new ManualTicker();
    private final Random random = new Random(1);
    private final Poll poll = new Poll(MINUTE, ticker, random);

    @Test
    void whatWasNotReadYetIsDue() {
        assertThat(poll.isDue()).isTrue();
        assertThat(poll.left()).isZero();
    }

    @Test
    void healthyThingsAreReadAtAnIntervalThatDiffersByATenth() {
        Set<Duration> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            poll.done(false);
            assertThat(poll.left()).isBetween(Duration.ofSeconds(54), Duration.ofSeconds(66));
            assertThat(poll.isDue()).isFalse();
            seen.add(poll.left());
            ticker.advance(poll.left());
            assertThat(poll.isDue()).isTrue();
        }
        assertThat(seen).hasSizeGreaterThan(900);
    }

    @Test
    void troubledThingsAreReadSoonerAndEverMoreSlowly() {
        for (long seconds = 1; seconds < 64; seconds *= 2) {
            poll.done(true);
            long most = Math.min(seconds, 60);
            assertThat(poll.left()).isBetween(Duration.ofMillis(500 * most), Duration.ofSeconds(most));
        }
        for (int i = 0; i < 100; i++) {
            poll.done(true);
            assertThat(poll.left()).isBetween(Duration.ofSeconds(30), MINUTE);
        }
        poll.done(false);
        poll.done(true);
        assertThat(poll.left()).isLessThanOrEqualTo(Duration.ofSeconds(1));
        var quick = new Poll(Duration.ofMillis(100), ticker, random);
        quick.done(true);
        assertThat(quick.left()).isLessThanOrEqualTo(Duration.ofMillis(100));
    }

    @Test
    void aRefreshIsDueAtOnce() {
        poll.done(false);
        poll.refreshNow();
        assertThat(poll.isDue()).isTrue();
        assertThat(poll.left()).isZero();
    }

    @Test
    void whatFailedIsRetriedEverMoreSlowlyUntilItSucceeds() {
        var retry = new RetryTimer(ticker);
        var backoff = new Backoff(Duration.ofSeconds(1), MINUTE, random);
        assertThat(retry.isOver()).isTrue();
        retry.failed(backoff);
        assertThat(retry.isOver()).isFalse();
        assertThat(retry.left()).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
        for (int i = 0; i < 20; i++) {
            retry.failed(backoff);
        }
        assertThat(retry.failures()).isEqualTo(21);
        assertThat(retry.left()).isBetween(Duration.ofSeconds(30), MINUTE);
        ticker.advance(MINUTE);
        assertThat(retry.isOver()).isTrue();
        assertThat(retry.left()).isZero();
        retry.failed(backoff);
        retry.succeeded();
        assertThat(retry.isOver()).isTrue();
        assertThat(retry.failures()).isZero();
    }

    @Test
    void whatIsChangedBackIsRepairedEverMoreSlowlyUntilItIsQuiet() {
        var repairs = new RepairTimer(new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(5), random), ticker);
        assertThat(repairs.left()).isZero();
        assertThat(repairs.times()).isZero();
        for (int i = 1; i <= 20; i++) {
            repairs.repaired();
            assertThat(repairs.times()).isEqualTo(i);
            assertThat(repairs.left()).isPositive().isLessThanOrEqualTo(Duration.ofMinutes(5));
            ticker.advance(repairs.left());
            assertThat(repairs.left()).isZero();
        }
        ticker.advance(RepairTimer.QUIET);
        assertThat(repairs.times()).isZero();
        repairs.repaired();
        assertThat(repairs.times()).isEqualTo(1);
        assertThat(repairs.left()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }
}
