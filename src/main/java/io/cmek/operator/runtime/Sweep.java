package io.cmek.operator.runtime;

import io.cmek.operator.api.v1alpha1.Workgroup;
import io.fabric8.kubernetes.api.model.HasMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Has every resource reconciled whose status lags behind its spec. The operator SDK, up to 5.3.2, can swallow a change of the spec that
 * lands together with a write of our own (its issues 3398 and 3455).
 */
@ApplicationScoped
public class Sweep {

    private static final Logger LOG = Logger.getLogger(Sweep.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final LiveClaims claims;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sweep").factory());

    public Sweep(LiveClaims claims) {
        this.claims = claims;
    }

    void start() {
        executor.scheduleWithFixedDelay(this::sweep, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    void stop() {
        executor.shutdownNow();
    }

    private void sweep() {
        try {
            claims.triggerAll(Sweep::lags);
        } catch (RuntimeException e) {
            LOG.error("The sweep failed; it is repeated", e);
        }
    }

    private static boolean lags(HasMetadata resource) {
        Long observed = resource instanceof Workgroup workgroup && workgroup.getStatus() != null
                ? workgroup.getStatus().observedGeneration()
                : null;
        return !resource.getMetadata().getGeneration().equals(observed);
    }
}
