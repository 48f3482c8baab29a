package io.cmek.operator.inventory;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Has every resource reconciled whose status lags behind its spec. The operator SDK, up to 5.3.2, can swallow a change of the spec that
 * lands together with a write of our own (its issues 3398 and 3455).
 */
public final class Sweep implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Sweep.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final LiveClaims claims;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sweep").factory());

    public Sweep(LiveClaims claims) {
        this.claims = claims;
    }

    public void start() {
        executor.scheduleWithFixedDelay(this::sweep, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
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
        Long observed =
                resource instanceof CustomResource<?, ?> custom && custom.getStatus() instanceof CmekStatus status
                        ? status.observedGeneration()
                        : null;
        return !resource.getMetadata().getGeneration().equals(observed);
    }
}
