package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class ReconciliationsCheckTest {

    @Test
    void onlyWhatNoTimeOutExplainsIsDeath() {
        var oldest = new AtomicReference<>(Duration.ZERO);
        var check = new ReconciliationsCheck(oldest::get);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        oldest.set(ReconciliationsCheck.LONGEST);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        oldest.set(ReconciliationsCheck.LONGEST.plusSeconds(90));
        assertThat(check.call().getStatus()).isEqualTo(Status.DOWN);
        assertThat(check.call().getData())
                .get()
                .satisfies(data -> assertThat(data).containsEntry("reconciliations", "one has run for 6 minutes"));
    }
}
