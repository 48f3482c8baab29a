package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class ReconcileLivenessCheckTest {

    @Test
    void onlyWhatNoTimeOutExplainsIsDeath() {
        var oldest = new AtomicReference<>(Duration.ZERO);
        var check = new ReconcileLivenessCheck(oldest::get);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        oldest.set(ReconcileLivenessCheck.LONGEST);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        oldest.set(ReconcileLivenessCheck.LONGEST.plusSeconds(90));
        assertThat(check.call().getStatus()).isEqualTo(Status.DOWN);
        assertThat(check.call().getData())
                .get()
                .satisfies(data -> assertThat(data).containsEntry("reconciliations", "one has run for 6 minutes"));
    }
}
