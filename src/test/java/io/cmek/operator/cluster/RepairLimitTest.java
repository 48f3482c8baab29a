package io.cmek.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.awscontrol.ManualTicker;
import io.cmek.operator.storageclass.Repair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RepairLimitTest {

    private final ManualTicker ticker = new ManualTicker();

    /** Each thing is put back twice in any hour at most, and again once the hour is over. */
    @Property(tries = 300)
    void noHourSeesMoreThanTwoRepairsOfAThing(
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 0, max = 3000) Integer> delays) {
        var limit = new RepairLimit<>(Repair.class, ticker);
        var repairs = new ArrayList<Duration>();
        Duration now = Duration.ZERO;
        for (int seconds : delays) {
            ticker.advance(Duration.ofSeconds(seconds));
            now = now.plusSeconds(seconds);
            if (limit.left(Set.of(Repair.KMS_KEY_ID)).isZero()) {
                limit.count(Set.of(Repair.KMS_KEY_ID));
                repairs.add(now);
            } else {
                assertThat(now.plus(limit.left(Set.of(Repair.KMS_KEY_ID, Repair.PROVISIONER))))
                        .isEqualTo(repairs.get(repairs.size() - 2).plus(RepairLimit.WINDOW));
            }
            assertThat(limit.left(Set.of(Repair.PROVISIONER))).isZero();
            assertThat(limit.isOver()).isFalse();
        }
        for (Duration from : repairs) {
            assertThat(repairs.stream()
                            .filter(at -> at.compareTo(from) >= 0 && at.compareTo(from.plus(RepairLimit.WINDOW)) < 0))
                    .hasSizeLessThanOrEqualTo(2);
        }
        ticker.advance(RepairLimit.WINDOW);
        assertThat(limit.isOver()).isTrue();
    }

    @Test
    void theLongestDelayOfSeveralCounts() {
        var limit = new RepairLimit<>(Repair.class, ticker);
        assertThat(limit.isOver()).isTrue();
        limit.count(Set.of(Repair.MISSING));
        limit.count(Set.of(Repair.MISSING));
        ticker.advance(Duration.ofMinutes(10));
        limit.count(Set.of(Repair.ENCRYPTED, Repair.PROVISIONER));
        limit.count(Set.of(Repair.ENCRYPTED));

        assertThat(limit.left(Set.of())).isZero();
        assertThat(limit.left(Set.of(Repair.PROVISIONER))).isZero();
        assertThat(limit.left(Set.of(Repair.MISSING))).isEqualTo(Duration.ofMinutes(50));
        assertThat(limit.left(Set.of(Repair.MISSING, Repair.ENCRYPTED))).isEqualTo(Duration.ofMinutes(60));
        ticker.advance(Duration.ofMinutes(59));
        assertThat(limit.isOver()).isFalse();
    }
}
