package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class InformersCheckTest {

    private final Map<String, Boolean> running = new HashMap<>();
    private final InformersCheck check = new InformersCheck(() -> running);

    @Test
    void isUpWhileTheOperatorStarts() {
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void oneThatHasStoppedIsNamedAndTakesTheProcessDown() {
        running.put("workgroup: requests", true);
        running.put("replicacmek: storage classes", true);
        assertThat(check.call().getStatus()).isEqualTo(Status.UP);

        running.put("replicacmek: storage classes", false);
        HealthCheckResponse response = check.call();
        assertThat(response.getStatus()).isEqualTo(Status.DOWN);
        assertThat(response.getData())
                .get()
                .satisfies(data -> assertThat(data)
                        .containsEntry("workgroup: requests", "OK")
                        .containsEntry("replicacmek: storage classes", "stopped"));
    }
}
