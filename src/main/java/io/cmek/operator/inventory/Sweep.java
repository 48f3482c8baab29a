package io.cmek.operator.inventory;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.observe.Loop;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.function.IntConsumer;

/**
 * Has every resource reconciled whose status lags behind its spec. The operator SDK, up to 5.3.2, can swallow a change of the spec that
 * lands together with a write of our own (its issues 3398 and 3455).
 */
public final class Sweep implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final LiveClaims claims;
    private final IntConsumer found;
    private final Loop loop = new Loop("sweep", INTERVAL, this::sweep);

    /** @param found is told after each round how many resources lagged */
    public Sweep(LiveClaims claims, IntConsumer found) {
        this.claims = claims;
        this.found = found;
    }

    public void start() {
        loop.start();
    }

    @Override
    public void close() {
        loop.close();
    }

    private void sweep() {
        found.accept(claims.triggerAll(Sweep::lags));
    }

    /** What makes the rounds. */
    public Loop loop() {
        return loop;
    }

    private static boolean lags(HasMetadata resource) {
        Long observed =
                resource instanceof CustomResource<?, ?> custom && custom.getStatus() instanceof CmekStatus status
                        ? status.observedGeneration()
                        : null;
        return !resource.getMetadata().getGeneration().equals(observed);
    }
}
