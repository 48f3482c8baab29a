package io.cmek.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchTest {

    private static final Duration MAX_AGE = Duration.ofMinutes(5);

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final ManualClock clock = new ManualClock();
    private volatile Answer<String> world = new Answer.Got<>("as it was");
    private volatile int looks;
    private volatile CompletableFuture<Void> hanging = CompletableFuture.completedFuture(null);
    private final Watch<String, String> watch = new Watch<>(
            "test",
            thing -> {
                looks++;
                hanging.join();
                return world;
            },
            thing -> new Lane(Identity.OWN, thing.equals("far") ? "us-west-2" : "us-east-1"),
            fact -> false,
            new Watch.Pace(Duration.ofMinutes(1), Duration.ofSeconds(1), MAX_AGE),
            clock,
            thing -> true,
            told::add);

    @AfterEach
    void close() {
        watch.close();
    }

    @Test
    void looksOnceForAllWhoAsk() {
        assertThat(watch.current("key").lastSeen()).isEqualTo("as it was");
        assertThat(watch.current("key").lastSeen()).isEqualTo("as it was");
        assertThat(watch.freshWithin("key", Duration.ofSeconds(2)).lastSeen()).isEqualTo("as it was");

        assertThat(looks).isEqualTo(1);
        assertThat(told).isEmpty();
    }

    /** More things hang than a lane has workers, and the things of another lane are looked at all the same. */
    @Test
    void aLaneThatHangsHoldsUpNoOther() {
        hanging = new CompletableFuture<>();
        watch.ask(IntStream.range(0, 100).mapToObj(i -> "key-" + i).toList());
        await().until(() -> looks >= 16);
        CompletableFuture<Void> hung = hanging;
        hanging = CompletableFuture.completedFuture(null);

        assertThat(watch.current("far").lastSeen()).isEqualTo("as it was");
        assertThat(watch.current("key-99").isNever()).isTrue();

        hung.complete(null);
        await().until(() -> watch.current("key-99").lastSeen() != null);
    }

    /** No look has said so: at the failed one the fact was young enough, and at the next it is there again. */
    @Test
    void tellsOfTheEndOfAFailureThatSomebodyHasSeenTheFactGrowOldIn() {
        watch.current("key");
        world = new Answer.Failed<>(
                new Failure.Unavailable(new Failure.Detail("kms:DescribeKey", "TimedOut", "", null)));
        clock.now = clock.now.plus(MAX_AGE.minusSeconds(1));
        watch.freshWithin("key", Duration.ZERO);
        assertThat(told).isEmpty();
        clock.now = clock.now.plusSeconds(2);
        assertThat(watch.current("key").at(clock.now, MAX_AGE)).isInstanceOf(Observation.Known.Not.class);

        world = new Answer.Got<>("as it was");
        watch.freshWithin("key", Duration.ZERO);
        assertThat(told).containsExactly("key");
    }

    @Test
    void whatIsHurriedIsLookedAtBeforeItsTurnAndNothingElseIs() {
        watch.current("key");
        watch.current("far");
        watch.start();
        world = new Answer.Got<>("changed");
        watch.hurry(thing -> thing.equals("key"));

        await().until(() -> told.contains("key"));
        assertThat(watch.current("key").lastSeen()).isEqualTo("changed");
        assertThat(looks).isEqualTo(3);
    }

    /** The look that is under way may have been answered before what it is hurried for. */
    @Test
    void whatIsHurriedDuringALookIsLookedAtOnceMore() {
        watch.current("key");
        watch.start();
        hanging = new CompletableFuture<>();
        watch.hurry(thing -> true);
        await().until(() -> looks == 2);
        watch.hurry(thing -> true);
        hanging.complete(null);

        await().until(() -> looks == 3);
    }

    @Test
    void tellsOfAChangeThatSomebodysOwnLookFound() {
        watch.current("key");
        clock.now = clock.now.plusSeconds(10);
        watch.freshWithin("key", Duration.ZERO);
        assertThat(told).as("nothing is different").isEmpty();

        world = new Answer.Got<>("changed");
        clock.now = clock.now.plusSeconds(10);
        assertThat(watch.freshWithin("key", Duration.ofSeconds(2)).lastSeen()).isEqualTo("changed");
        assertThat(told).containsExactly("key");
        assertThat(looks).isEqualTo(3);
    }

    @Test
    void tellsNothingOfWhatWasJustWritten() {
        watch.current("key");
        watch.note("key", "written");

        assertThat(watch.current("key").lastSeen()).isEqualTo("written");
        assertThat(told).isEmpty();
    }

    @Test
    void alwaysLooksWhereNothingIsFreshEnough() {
        watch.current("key");
        world = new Answer.Got<>("changed");

        assertThat(watch.freshWithin("key", Duration.ZERO).lastSeen()).isEqualTo("changed");
    }

    @Test
    void doesNotTakeALookForFreshBecauseTheClockWasSetBack() {
        watch.current("key");
        world = new Answer.Got<>("changed");
        clock.now = clock.now.minus(Duration.ofHours(1));

        assertThat(watch.freshWithin("key", Duration.ofSeconds(2)).lastSeen()).isEqualTo("changed");
    }

    @Test
    void goesOnLookingWhenTheClockWasSetBack() {
        watch.start();
        watch.current("key");
        world = new Answer.Got<>("changed");
        clock.now = clock.now.minus(Duration.ofDays(1));

        Awaitility.await()
                .untilAsserted(() -> assertThat(watch.current("key").lastSeen()).isEqualTo("changed"));
    }

    @Test
    void aFailedLookIsNoChangeUntilWhatWasSeenIsTooOld() {
        watch.current("key");
        world = new Answer.Failed<>(
                new Failure.Unavailable(new Failure.Detail("kms:DescribeKey", "TimedOut", "", null)));
        clock.now = clock.now.plusSeconds(10);
        watch.freshWithin("key", Duration.ZERO);
        assertThat(told).isEmpty();

        clock.now = clock.now.plus(MAX_AGE);
        watch.freshWithin("key", Duration.ZERO);
        assertThat(told).containsExactly("key");
    }

    @Test
    void whoAsksFirstDoesNotWaitForAnAnswerThatHangsAndIsToldWhenItComes() {
        hanging = new CompletableFuture<>();

        assertThat(watch.current("key").isNever()).isTrue();
        assertThat(watch.isKnown(List.of("other"))).isFalse();
        assertThat(watch.isKnown(List.of("key", "other"))).isFalse();
        assertThat(told).isEmpty();

        hanging.complete(null);
        Awaitility.await().untilAsserted(() -> assertThat(told).containsExactlyInAnyOrder("key", "other"));
        assertThat(watch.current("key").lastSeen()).isEqualTo("as it was");
        assertThat(watch.isKnown(List.of("key", "other"))).isTrue();
        assertThat(looks).isEqualTo(2);
    }

    @Test
    void whoWaitedForTheFirstAnswerIsNotToldOfItAgain() {
        hanging = new CompletableFuture<>();
        CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS).execute(() -> hanging.complete(null));

        assertThat(watch.isKnown(List.of("key", "other"))).isTrue();
        assertThat(told).isEmpty();
    }

    private static final class ManualClock extends Clock {

        private volatile Instant now = Instant.parse("2026-03-01T10:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
