package io.cmek.operator.controller;

import static io.cmek.operator.controller.CoreWorld.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Statuses that somebody else writes as well, that are refused, or of which the answer is lost. */
class StatusWriterTest {

    private static final ResourceRef ORDERS = id("orders");
    private static final Duration SOON = Duration.ofSeconds(10);

    private final CoreWorld world = new CoreWorld();
    private final KeyArn key = world.newKey(1);

    @BeforeEach
    void enabled() {
        world.start();
        world.create("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
    }

    private void wipeAfterEachWrite() {
        world.cluster.after = (request, name) -> {
            if (request.equals(FakeCluster.STATUS)) {
                world.cluster.wipeStatus(id(name));
            }
        };
    }

    @Test
    void aStatusThatIsWipedAgainAndAgainIsWrittenWithinSeconds() {
        for (int i = 0; i < 4; i++) {
            world.cluster.wipeStatus(ORDERS);
            world.until(() -> world.isEnabled(ORDERS), SOON);
        }
    }

    @Test
    void whoNeverStopsWritingOverItIsAnsweredMoreAndMoreSlowly() {
        wipeAfterEachWrite();
        world.cluster.wipeStatus(ORDERS);
        world.stabilize();
        assertThat(world.writesTo("orders")).isGreaterThan(4);

        world.advance(Duration.ofMinutes(10));
        long writes = world.writesTo("orders");
        int events = world.cluster.events.size();
        world.advance(Duration.ofMinutes(10));

        // Of one that has none, the status is written twice.
        assertThat(world.writesTo("orders") - writes).isBetween(20L, 42L);
        assertThat(world.cluster.events.size() - events).isLessThan(42);
    }

    @Test
    void whatHappensIsWrittenAtOnceWhenNobodyOverwritesItAnyMore() {
        wipeAfterEachWrite();
        world.cluster.wipeStatus(ORDERS);
        world.advance(Duration.ofMinutes(5));
        world.cluster.after = (request, name) -> {};
        world.until(() -> world.isEnabled(ORDERS), Duration.ofMinutes(1));

        world.kms.state(key, "Disabled");

        world.until(() -> world.encryption(ORDERS) == EncryptionState.DEGRADED, CoreWorld.POLL.plusSeconds(5));
    }

    @Test
    void conflictsInARowAreLoggedOnceAndCountAndEnd() {
        try (var log = new LogLines(StatusWriter.class)) {
            world.kms.state(key, "Disabled");
            world.cluster.fail(FakeCluster.STATUS, FakeCluster.Trouble.of(409));
            world.process().statusWrites.clear();
            world.advance(CoreWorld.POLL.plusMinutes(10));

            assertThat(log.lines()).hasSize(1);
            assertThat(world.process().statusWrites).hasSizeBetween(60, 125).containsOnly(false);

            world.cluster.heal();
            world.until(() -> world.encryption(ORDERS) == EncryptionState.DEGRADED, Duration.ofSeconds(11));
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void aFewConflictsAreNoFailure() {
        int[] left = {4};
        world.cluster.rule((request, name) ->
                request.equals(FakeCluster.STATUS) && left[0]-- > 0 ? FakeCluster.Trouble.of(409) : null);
        world.kms.state(key, "Disabled");
        world.process().statusWrites.clear();

        world.until(() -> world.encryption(ORDERS) == EncryptionState.DEGRADED, CoreWorld.POLL.plusSeconds(5));

        assertThat(world.process().statusWrites).containsExactly(true);
    }

    /** The API server goes right after it has taken the status, and is away for long. */
    @Test
    void whatTookEffectIsReportedOnceAlsoWhereMoreWritesFailAfterwards() {
        int[] writes = {0};
        world.cluster.rule((request, name) -> {
            if (!request.equals(FakeCluster.STATUS)) {
                return null;
            }
            return ++writes[0] == 1 ? FakeCluster.Trouble.LOSES_ITS_ANSWER : FakeCluster.Trouble.of(0);
        });
        world.process().workgroups.cut();
        world.kms.state(key, "Disabled");
        world.advance(CoreWorld.POLL.multipliedBy(3));
        assertThat(writes[0]).isGreaterThan(5);
        assertThat(degraded()).isZero();

        world.cluster.heal();
        world.process().workgroups.relist();
        world.advance(CoreWorld.POLL);

        assertThat(degraded()).isOne();
    }

    @Test
    void aWriteThatFailedWithoutEffectIsReportedOnceItIsWritten() {
        world.cluster.fail(FakeCluster.STATUS, FakeCluster.Trouble.of(500));
        world.kms.state(key, "Disabled");
        world.advance(CoreWorld.POLL.multipliedBy(2));
        assertThat(degraded()).isZero();

        world.cluster.heal();
        world.advance(CoreWorld.POLL);

        assertThat(degraded()).isOne();
    }

    private long degraded() {
        return world.eventsAbout(ORDERS).stream()
                .filter(e -> e.startsWith("EncryptionDegraded"))
                .count();
    }
}
