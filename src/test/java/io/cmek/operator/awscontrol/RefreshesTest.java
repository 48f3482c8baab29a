package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RefreshesTest {

    private static final KeyArn KEY = World.key(1);
    private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

    private final Refreshes refreshes = new Refreshes();

    private static PolicyWrite write(KeyArn key, int n) {
        return new PolicyWrite(key, START.plusSeconds(n), "{}");
    }

    @Test
    void aKeyIsReadWithOrWithoutAWrite() {
        assertThat(refreshes.take(KEY)).isEmpty();
        refreshes.add(KEY);
        assertThat(refreshes.take(KEY)).contains(List.of());
        assertThat(refreshes.take(KEY)).isEmpty();
        refreshes.add(write(KEY, 1));
        refreshes.add(KEY);
        refreshes.add(write(KEY, 2));
        assertThat(refreshes.take(KEY)).contains(List.of(write(KEY, 1), write(KEY, 2)));
        assertThat(refreshes.isEmpty()).isTrue();
    }

    /** A turn hangs, and somebody writes the policy all the time. */
    @Test
    void aFloodOfEventsLeavesTheLatestOfEachKey() {
        KeyArn other = World.key(2);
        refreshes.add(write(other, 1));
        for (int n = 0; n < 100_000; n++) {
            refreshes.add(write(KEY, n));
        }
        assertThat(refreshes.take(KEY))
                .contains(IntStream.range(100_000 - Refreshes.MAX_WRITES, 100_000)
                        .mapToObj(n -> write(KEY, n))
                        .toList());
        assertThat(refreshes.take(other)).contains(List.of(write(other, 1)));
        assertThat(refreshes.isEmpty()).isTrue();
    }
}
