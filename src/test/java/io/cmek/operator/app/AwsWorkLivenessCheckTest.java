package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class AwsWorkLivenessCheckTest {

    @Test
    void onlyWhatNoTimeOutExplainsIsDeath() {
        var oldest = new AtomicReference<>(Duration.ZERO);
        var check = new AwsWorkLivenessCheck(oldest::get);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        oldest.set(AwsWorkLivenessCheck.LONGEST);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
        oldest.set(AwsWorkLivenessCheck.LONGEST.plusSeconds(90));
        assertThat(check.call().getStatus()).isEqualTo(Status.DOWN);
        assertThat(check.call().getData())
                .get()
                .satisfies(data ->
                        assertThat(data).containsEntry("items", "one item has been in progress for 16 minutes"));
    }
}
