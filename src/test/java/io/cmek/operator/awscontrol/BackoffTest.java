package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class BackoffTest {

    @Property
    void doublesUpToTheLongestAndIsJitteredByHalf(
            @ForAll @IntRange(min = 1, max = 1_000_000) int failures,
            @ForAll @LongRange(min = 1, max = 100_000) long first,
            @ForAll @LongRange(min = 0, max = 1_000_000_000) long more,
            @ForAll long seed) {
        var backoff = new Backoff(Duration.ofMillis(first), Duration.ofMillis(first + more), new Random(seed));
        double whole = Math.min(first * Math.pow(2, failures - 1), first + more);

        double millis = backoff.after(failures).toNanos() / 1e6;

        assertThat(millis).isBetween(whole / 2 - 0.001, whole + 0.001);
    }

    @Property
    void refusesWhatMakesNoSense(@ForAll @IntRange(max = 0) int failures) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1), new Random()).after(failures));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1), new Random()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1), new Random()));
    }
}
