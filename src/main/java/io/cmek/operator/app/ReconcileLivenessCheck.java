package io.cmek.operator.app;

import io.cmek.operator.metrics.RunningReconciliations;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Liveness check: fails if a reconciliation runs for too long. It waits for the API server only, and each request has a timeout. */
@Liveness
@Singleton
public class ReconcileLivenessCheck implements HealthCheck {

    static final String NAME = "Reconciliations";

    /**
     * A reconciliation sends about twelve requests to the API server, without retries ({@link io.cmek.operator.cluster.SingleAttemptClient}). A
     * request can take 10 s to connect and 10 s to respond (defaults of the Kubernetes client). If every request times out, that is four minutes.
     */
    static final Duration LONGEST = Duration.ofMinutes(5);

    private final Supplier<Duration> oldest;

    @Inject
    ReconcileLivenessCheck(RunningReconciliations reconciliations) {
        this(reconciliations::oldest);
    }

    /** @param oldest how long the oldest running reconciliation has run */
    ReconcileLivenessCheck(Supplier<Duration> oldest) {
        this.oldest = oldest;
    }

    @Override
    public HealthCheckResponse call() {
        return RunningTime.check(NAME, "reconciliations", "one has run", oldest.get(), LONGEST);
    }
}
