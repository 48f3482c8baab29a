package io.cmek.operator.metrics;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts reconciliations. In place of the operator SDK's own Micrometer integration, whose names would be shared with every other operator of
 * the cluster, whose units are not Prometheus's, and which has some 70 series for each kind and duration.
 */
public final class ReconciliationMeters implements Metrics {

    private record OfKind(Counter successes, Counter errors, Timer duration, AtomicInteger inProgress) {}

    private final Map<String, OfKind> kinds = new HashMap<>();
    private final LongSupplier nanos;
    private final AtomicInteger inProgress = new AtomicInteger();
    private volatile long lastMove;

    public ReconciliationMeters(MeterRegistry registry) {
        this(registry, System::nanoTime);
    }

    /** @param nanos time that runs evenly, in nanoseconds */
    ReconciliationMeters(MeterRegistry registry, LongSupplier nanos) {
        this.nanos = nanos;
        for (String kind : Census.KINDS) {
            var inProgress = new AtomicInteger();
            Metric.RECONCILIATIONS_IN_PROGRESS.gauge(registry, inProgress::get, kind);
            kinds.put(
                    kind,
                    new OfKind(
                            Metric.RECONCILIATIONS.counter(registry, kind, "success"),
                            Metric.RECONCILIATIONS.counter(registry, kind, "error"),
                            Metric.RECONCILIATION_DURATION.timer(registry, kind),
                            inProgress));
        }
    }

    private OfKind of(Map<String, Object> metadata) {
        var kind = ((GroupVersionKind) metadata.get(Constants.RESOURCE_GVK_KEY)).getKind();
        OfKind known = kinds.get(kind);
        if (known == null) {
            throw new IllegalArgumentException("a reconciler of the unforeseen kind " + kind);
        }
        return known;
    }

    /** For how long reconciliations have been in progress and none has ended; zero while none is in progress. */
    public Duration standstill() {
        return inProgress.get() > 0 ? Duration.ofNanos(nanos.getAsLong() - lastMove) : Duration.ZERO;
    }

    @Override
    public void reconciliationSubmitted(HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
        of(metadata).inProgress().incrementAndGet();
        if (inProgress.getAndIncrement() == 0) {
            lastMove = nanos.getAsLong();
        }
    }

    @Override
    public void reconciliationFinished(HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
        of(metadata).inProgress().decrementAndGet();
        inProgress.decrementAndGet();
        lastMove = nanos.getAsLong();
    }

    @Override
    public void reconciliationSucceeded(HasMetadata resource, Map<String, Object> metadata) {
        of(metadata).successes().increment();
    }

    @Override
    public void reconciliationFailed(
            HasMetadata resource, @Nullable RetryInfo retry, Exception failure, Map<String, Object> metadata) {
        of(metadata).errors().increment();
    }

    @Override
    public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
        long start = System.nanoTime();
        try {
            return execution.execute();
        } finally {
            of(execution.metadata()).duration().record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }
}
