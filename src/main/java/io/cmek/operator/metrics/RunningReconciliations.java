package io.cmek.operator.metrics;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The running reconciliations. The gauge of the operator SDK (5.3.2) drifts and never recovers: if a resource is missing from the cache when its
 * reconciliation is due, the SDK reports it as finished without having reported it as started.
 */
public final class RunningReconciliations implements Metrics {

    /** @param since in nanoseconds */
    private record Running(String kind, long since) {}

    /** Keyed by thread, not by resource: another thread can start the next one of a resource before the SDK reports the end of this one. */
    private final Map<Thread, Running> running = new ConcurrentHashMap<>();

    private final LongSupplier nanos;

    /** @param nanos a monotonic clock, in nanoseconds */
    public RunningReconciliations(MeterRegistry registry, LongSupplier nanos) {
        this.nanos = nanos;
        for (String kind : StateSnapshot.KINDS) {
            Metric.RECONCILIATIONS_IN_PROGRESS.gauge(
                    registry,
                    () -> running.values().stream()
                            .filter(r -> r.kind().equals(kind))
                            .count(),
                    kind);
        }
    }

    /** How long the oldest running reconciliation has run; zero if none runs. */
    public Duration oldest() {
        long now = nanos.getAsLong();
        return Duration.ofNanos(
                running.values().stream().mapToLong(r -> now - r.since()).max().orElse(0));
    }

    @Override
    public void reconciliationStarted(HasMetadata resource, Map<String, Object> metadata) {
        String kind = ((GroupVersionKind) metadata.get(Constants.RESOURCE_GVK_KEY)).getKind();
        running.put(Thread.currentThread(), new Running(kind, nanos.getAsLong()));
    }

    @Override
    public void reconciliationFinished(HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
        running.remove(Thread.currentThread());
    }
}
