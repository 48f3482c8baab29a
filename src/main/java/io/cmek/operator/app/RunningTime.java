package io.cmek.operator.app;

import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Fails a liveness check if work that was started has run for too long. */
final class RunningTime {

    private RunningTime() {}

    /**
     * @param name the name of the check
     * @param data the key of its one datum
     * @param what what has run, as the beginning of a sentence, for example "one has run"
     * @param oldest how long the work that was started first has run
     * @param longest the limit
     */
    static HealthCheckResponse check(String name, String data, String what, Duration oldest, Duration longest) {
        boolean dead = oldest.compareTo(longest) > 0;
        return HealthCheckResponse.named(name)
                .withData(data, dead ? what + " for " + oldest.toMinutes() + " minutes" : "OK")
                .status(!dead)
                .build();
    }
}
