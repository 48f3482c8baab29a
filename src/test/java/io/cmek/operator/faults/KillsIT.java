package io.cmek.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The operator is killed again and again, at any moment, while many workgroups converge. */
@Tag(FaultsIT.SOAK)
class KillsIT {

    private static final int WORKGROUPS = 200;
    private static final int KILLS = 50;

    /** From the launch: the first reconciliations are in the third second. */
    private static final int EARLIEST_MILLIS = 1_500;

    private static final int LATEST_MILLIS = 6_000;

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    @Test
    void killedFiftyTimesItConvergesAndHasWrittenNothingTwice() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        FaultScenario scenario = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, WORKGROUPS);
        ENVIRONMENT.proxy().record();
        int each = WORKGROUPS / KILLS;
        for (int kill = 0; kill < KILLS; kill++) {
            scenario.team().apply(scenario.manifests(kill * each, (kill + 1) * each));
            try (OperatorProcess operator = ENVIRONMENT.launch(Map.of())) {
                Thread.sleep(EARLIEST_MILLIS + random.nextInt(LATEST_MILLIS - EARLIEST_MILLIS));
                operator.kill();
            }
        }
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            scenario.awaitEnabled().assertRight();
            Collection<Long> writes = scenario.writesOfKeys(ENVIRONMENT.proxy().recorded());
            assertThat(writes)
                    .as("writes of each key; what was under way when the operator died is seen by the next, with seed "
                            + seed)
                    .containsOnly(1L);

            // Everything is read twice.
            ENVIRONMENT.proxy().awaitMore("kms:GetKeyPolicy", 2L * (WORKGROUPS + 1), Duration.ofMinutes(3));
            ENVIRONMENT.proxy().resetCounts();
            long mark = ENVIRONMENT.audit().mark();
            Thread.sleep(Duration.ofSeconds(10));
            assertThat(ENVIRONMENT.proxy().writes()).isZero();
            assertThat(ENVIRONMENT.audit().ofOperatorSince(mark))
                    .filteredOn(AuditLog.Request::isWrite)
                    .isEmpty();
            System.out.printf(
                    "| killed %d times while %d workgroups came | | %d |%n",
                    KILLS,
                    WORKGROUPS,
                    writes.stream().mapToLong(Long::longValue).sum());
        }
    }
}
