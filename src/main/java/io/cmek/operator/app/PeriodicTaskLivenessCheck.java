package io.cmek.operator.app;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness: whether everything that has to be done again and again still is. A dead loop does not come back; the process has to be started
 * anew. Whether AWS and the API server can be reached is no part of it: a restart mends neither.
 */
@Liveness
@Singleton
public class PeriodicTaskLivenessCheck implements HealthCheck {

    static final String NAME = "Loops";

    private final List<PeriodicTask> loops;

    @Inject
    PeriodicTaskLivenessCheck(PeriodicTasks loops) {
        this(loops.all());
    }

    PeriodicTaskLivenessCheck(List<PeriodicTask> loops) {
        this.loops = loops;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named(NAME);
        boolean alive = true;
        for (PeriodicTask loop : loops) {
            boolean dead = loop.isDead();
            alive &= !dead;
            response.withData(loop.name(), dead ? "silent for " + loop.silence().toSeconds() + " s" : "OK");
        }
        return response.status(alive).build();
    }
}
