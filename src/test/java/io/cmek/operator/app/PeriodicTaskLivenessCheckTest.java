package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class PeriodicTaskLivenessCheckTest {

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void oneDeadLoopIsNamedAndTakesTheProcessDown() {
        try (var lively = new PeriodicTask("lively", Duration.ofDays(1), () -> {}, nanos::get);
                var doomed = new PeriodicTask("doomed", Duration.ofMinutes(1), () -> {}, nanos::get)) {
            var check = new PeriodicTaskLivenessCheck(List.of(lively, doomed));
            lively.start();
            doomed.start();
            assertThat(check.call().getStatus()).isEqualTo(Status.UP);

            nanos.addAndGet(Duration.ofMinutes(11).toNanos());
            HealthCheckResponse response = check.call();
            assertThat(response.getStatus()).isEqualTo(Status.DOWN);
            assertThat(response.getData())
                    .get()
                    .satisfies(data -> assertThat(data)
                            .containsEntry("lively", "OK")
                            .containsEntry("doomed", "no heartbeat for 660 s"));
        }
    }
}
