package io.cmek.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class ReconciliationsCheckTest {

    @Test
    void aStandstillIsDeathOnlyWhenNoTimeOutExplainsIt() {
        var standstill = new AtomicReference<>(Duration.ZERO);
        var check = new ReconciliationsCheck(standstill::get);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        standstill.set(ReconciliationsCheck.LONGEST_STANDSTILL);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        standstill.set(ReconciliationsCheck.LONGEST_STANDSTILL.plusSeconds(90));
        assertThat(check.call().getStatus()).isEqualTo(Status.DOWN);
        assertThat(check.call().getData())
                .get()
                .satisfies(data -> assertThat(data).containsEntry("reconciliations", "none has ended for 31 minutes"));
    }
}
