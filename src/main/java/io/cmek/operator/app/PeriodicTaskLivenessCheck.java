package io.cmek.operator.app;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness check: fails if a periodic task is dead, because only a restart of the process recovers it. The check does not depend on AWS or the
 * API server: a restart does not make them reachable.
 */
@Liveness
@Singleton
public class PeriodicTaskLivenessCheck implements HealthCheck {

    static final String NAME = "PeriodicTasks";

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
            response.withData(
                    loop.name(), dead ? "no heartbeat for " + loop.silence().toSeconds() + " s" : "OK");
        }
        return response.status(alive).build();
    }
}
