package io.cmek.operator.app;

import io.cmek.operator.awscontrol.AwsControllers;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Liveness check: fails if a worker processes the same key or bucket for too long. Slow or hanging AWS calls do not fail it. */
@Liveness
@Singleton
public class AwsWorkLivenessCheck implements HealthCheck {

    static final String NAME = "AwsWork";

    /**
     * The first call that times out, after 20 s, ends the work on an item. So an item takes this long only if each of 45 calls responds just before
     * its timeout. The policy cleanup of a deleted resource lists all resources in the API server, and can take as long.
     */
    static final Duration LONGEST = Duration.ofMinutes(15);

    private final Supplier<Duration> oldest;

    @Inject
    AwsWorkLivenessCheck(AwsControllers controllers) {
        this(controllers::oldestTurn);
    }

    /** @param oldest how long the item that was started first has been in progress */
    AwsWorkLivenessCheck(Supplier<Duration> oldest) {
        this.oldest = oldest;
    }

    @Override
    public HealthCheckResponse call() {
        return RunningTime.check(NAME, "items", "one item has been in progress", oldest.get(), LONGEST);
    }
}
