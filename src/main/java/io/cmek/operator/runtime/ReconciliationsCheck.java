package io.cmek.operator.runtime;

import io.cmek.operator.metrics.ReconciliationMeters;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Liveness: whether reconciliations that are in progress end. Every call that they wait for has a time-out, so in the end some do. */
@Liveness
@Singleton
public class ReconciliationsCheck implements HealthCheck {

    static final String NAME = "Reconciliations";

    /** Longer than one can take whose every call to AWS and to the API server runs into its time-out, repetitions included. */
    static final Duration LONGEST_STANDSTILL = Duration.ofMinutes(30);

    private final Supplier<Duration> standstill;

    @Inject
    ReconciliationsCheck(ReconciliationMeters reconciliations) {
        this(reconciliations::standstill);
    }

    ReconciliationsCheck(Supplier<Duration> standstill) {
        this.standstill = standstill;
    }

    @Override
    public HealthCheckResponse call() {
        Duration now = standstill.get();
        boolean dead = now.compareTo(LONGEST_STANDSTILL) > 0;
        return HealthCheckResponse.named(NAME)
                .withData("reconciliations", dead ? "none has ended for " + now.toMinutes() + " minutes" : "OK")
                .status(!dead)
                .build();
    }
}
