package io.cmek.operator.act;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RepairBackoffTest {

    private final ManualClock clock = new ManualClock();
    private final RepairBackoff<String> backoff = new RepairBackoff<>(clock);

    @Test
    void theFirstRepairComesAtOnceAndThePausesGrowToFiveMinutes() {
        assertThat(backoff.notBefore("key")).isEmpty();
        var pauses = new ArrayList<Long>();
        for (int i = 0; i < 12; i++) {
            backoff.repaired("key");
            Instant next = backoff.notBefore("key").orElseThrow();
            pauses.add(Duration.between(clock.instant(), next).toSeconds());
            clock.pass(Duration.between(clock.instant(), next));
            assertThat(backoff.notBefore("key")).isEmpty();
        }
        assertThat(pauses).containsExactly(2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 300L, 300L, 300L, 300L);
    }

    @Test
    void afterSomeQuietTheNextRepairIsTheFirstAgain() {
        for (int i = 0; i < 9; i++) {
            backoff.repaired("key");
        }
        clock.pass(RepairBackoff.QUIET);
        assertThat(backoff.notBefore("key")).isEmpty();
        assertThat(backoff.times("key")).isZero();
    }

    @Test
    void onlyWhoWasToldToWaitHasAPause() {
        backoff.repaired("key");
        assertThat(backoff.pause("key")).isEmpty();
        assertThat(backoff.notBefore("key")).isPresent();
        assertThat(backoff.pause("key")).isPresent();
        backoff.settled("key");
        assertThat(backoff.pause("key")).isEmpty();
        assertThat(backoff.notBefore("key")).as("but it is not forgotten").isPresent();
    }

    @Test
    void aClockThatWasSetBackStopsNothing() {
        backoff.repaired("key");
        clock.pass(Duration.ofDays(-1));
        assertThat(backoff.notBefore("key")).isEmpty();
    }

    /**
     * Whenever it is changed, it is repaired at last, and not more than so often in an hour: who waits for the quiet each time has room for three
     * waits of 15 minutes, and in the 15 that are left for bursts of 8, 8, 7 and 7 repairs.
     */
    @Property(tries = 300)
    void anHourSeesAFewRepairsHoweverOftenItIsChanged(
            @ForAll @Size(min = 1, max = 400) List<@IntRange(min = 0, max = 900) Integer> pauses) {
        // The tries of a property share the instance of the class.
        var backoff = new RepairBackoff<String>(clock);
        var repairs = new ArrayList<Instant>();
        for (int seconds : pauses) {
            clock.pass(Duration.ofSeconds(seconds));
            if (backoff.notBefore("key").isEmpty()) {
                backoff.repaired("key");
                repairs.add(clock.instant());
            }
            assertThat(Duration.between(repairs.getLast(), clock.instant()))
                    .isLessThan(Duration.ofMinutes(5).plusSeconds(1));
        }
        for (Instant from : repairs) {
            assertThat(repairs.stream().filter(at -> !at.isBefore(from) && at.isBefore(from.plus(Duration.ofHours(1)))))
                    .hasSizeLessThanOrEqualTo(8 + 8 + 7 + 7);
        }
    }

    /** Each thing of each object is put back twice in any hour at most, and again once the hour is over. */
    @Property(tries = 300)
    void noHourSeesMoreThanTwoRepairsOfAThing(
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 0, max = 3000) Integer> pauses) {
        var limit = new RepairLimit(clock);
        var repairs = new ArrayList<Instant>();
        for (int seconds : pauses) {
            clock.pass(Duration.ofSeconds(seconds));
            if (limit.permits("class", List.of("kmsKeyId"))) {
                limit.count("class", List.of("kmsKeyId"));
                repairs.add(clock.instant());
            } else {
                Instant free = limit.freeAt("class", List.of("kmsKeyId", "provisioner"));
                assertThat(free).isEqualTo(repairs.get(repairs.size() - 2).plus(RepairLimit.WINDOW));
            }
            assertThat(limit.permits("class", List.of("provisioner"))).isTrue();
            assertThat(limit.permits("other", List.of("kmsKeyId"))).isTrue();
        }
        for (Instant from : repairs) {
            assertThat(repairs.stream().filter(at -> !at.isBefore(from) && at.isBefore(from.plus(Duration.ofHours(1)))))
                    .hasSizeLessThanOrEqualTo(2);
        }
    }
}
