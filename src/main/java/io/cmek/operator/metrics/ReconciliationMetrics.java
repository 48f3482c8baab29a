package io.cmek.operator.metrics;

import io.javaoperatorsdk.operator.api.monitoring.AggregatedMetrics;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetricsV2;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import java.util.List;

/**
 * The operator SDK's own metrics of reconciliations, under the names that {@link Metric} gives: the SDK's would be shared with every other
 * operator of the cluster. What is not named there is not served.
 */
public final class ReconciliationMetrics {

    /** The label that all metrics of the SDK have. The name of a controller is that of its kind in lower case. */
    private static final String CONTROLLER = "controller.name";

    private ReconciliationMetrics() {}

    /** To be told by the operator SDK; {@link #names} must be among the filters of the registry before. */
    public static Metrics of(MeterRegistry registry, RunningReconciliations running) {
        for (String kind : StateSnapshot.KINDS) {
            // From the first scrape on, so that the first increase is seen as one.
            Metric.RECONCILIATIONS.counter(registry, kind, "success");
            Metric.RECONCILIATIONS.counter(registry, kind, "error");
        }
        var sdk = MicrometerMetricsV2.newBuilder(registry)
                .withExecutionTimerConfig(Metric::withBuckets)
                .build();
        return new AggregatedMetrics(List.of(sdk, running));
    }

    /** Renames what the SDK counts and measures. */
    public static MeterFilter names() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                String controller = id.getTag(CONTROLLER);
                if (controller == null) {
                    return id;
                }
                String kind = kind(controller);
                return switch (id.getName()) {
                    case MicrometerMetricsV2.RECONCILIATIONS_SUCCESS ->
                        named(id, Metric.RECONCILIATIONS, kind, "success");
                    case MicrometerMetricsV2.RECONCILIATIONS_FAILED -> named(id, Metric.RECONCILIATIONS, kind, "error");
                    case MicrometerMetricsV2.RECONCILIATION_EXECUTION_DURATION ->
                        named(id, Metric.RECONCILIATION_DURATION, kind);
                    default -> id;
                };
            }

            @Override
            public MeterFilterReply accept(Meter.Id id) {
                return id.getTag(CONTROLLER) == null ? MeterFilterReply.NEUTRAL : MeterFilterReply.DENY;
            }
        };
    }

    private static Meter.Id named(Meter.Id id, Metric metric, String... labelValues) {
        return new Meter.Id(
                metric.exposedName(), metric.tags(labelValues), id.getBaseUnit(), metric.meaning(), id.getType());
    }

    private static String kind(String controller) {
        return StateSnapshot.KINDS.stream()
                .filter(controller::equalsIgnoreCase)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("an unforeseen controller, " + controller));
    }
}
