package io.cmek.operator.app;

import io.cmek.operator.awscontrol.AwsControllers;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Liveness: whether the turns of the workers at keys and buckets end. An AWS that hangs is no reason for one that does not. */
@Liveness
@Singleton
public class AwsWorkLivenessCheck implements HealthCheck {

    static final String NAME = "AwsTurns";

    /**
     * A turn ends with its first call that times out, after 20 s. So one lasts for so long only where each of 45 calls is answered in the last
     * moment. The release of a resource reads all resources of the cluster from the API server; that may take as long, too.
     */
    static final Duration LONGEST = Duration.ofMinutes(15);

    private final Supplier<Duration> oldest;

    @Inject
    AwsWorkLivenessCheck(AwsControllers controllers) {
        this(controllers::oldestTurn);
    }

    /** @param oldest for how long the turn that began first has been under way */
    AwsWorkLivenessCheck(Supplier<Duration> oldest) {
        this.oldest = oldest;
    }

    @Override
    public HealthCheckResponse call() {
        Duration now = oldest.get();
        boolean dead = now.compareTo(LONGEST) > 0;
        return HealthCheckResponse.named(NAME)
                .withData("turns", dead ? "one has been under way for " + now.toMinutes() + " minutes" : "OK")
                .status(!dead)
                .build();
    }
}
