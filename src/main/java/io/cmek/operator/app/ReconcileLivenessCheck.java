package io.cmek.operator.app;

import io.cmek.operator.metrics.RunningReconciliations;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Liveness: whether reconciliations that run end. They wait for the API server alone, and each request to it has a time-out. */
@Liveness
@Singleton
public class ReconcileLivenessCheck implements HealthCheck {

    static final String NAME = "Reconciliations";

    /**
     * A reconciliation makes about a dozen requests to the API server, each once ({@link io.cmek.operator.cluster.SingleAttemptClient}); each may take 10 s
     * to connect and 10 s for the answer (the Kubernetes client's defaults). One whose every request times out takes four minutes.
     */
    static final Duration LONGEST = Duration.ofMinutes(5);

    private final Supplier<Duration> oldest;

    @Inject
    ReconcileLivenessCheck(RunningReconciliations reconciliations) {
        this(reconciliations::oldest);
    }

    /** @param oldest for how long the oldest has run */
    ReconcileLivenessCheck(Supplier<Duration> oldest) {
        this.oldest = oldest;
    }

    @Override
    public HealthCheckResponse call() {
        Duration now = oldest.get();
        boolean dead = now.compareTo(LONGEST) > 0;
        return HealthCheckResponse.named(NAME)
                .withData("reconciliations", dead ? "one has run for " + now.toMinutes() + " minutes" : "OK")
                .status(!dead)
                .build();
    }
}
