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
 * The reconciliations that run now. The operator SDK's own gauge of them (5.3.2) goes wrong for good with each one that ends before it began: one
 * whose resource is gone from the cache when its turn comes is told as finished, and was never told as started.
 */
public final class RunningReconciliations implements Metrics {

    /** @param since in nanoseconds */
    private record Running(String kind, long since) {}

    /** By the thread that runs it: the same resource's next one may begin on another before this one's end is told. */
    private final Map<Thread, Running> running = new ConcurrentHashMap<>();

    private final LongSupplier nanos;

    /** @param nanos time that runs evenly, in nanoseconds */
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

    /** For how long the oldest of them has run; zero while none does. */
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
