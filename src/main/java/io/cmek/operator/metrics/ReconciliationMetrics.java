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
 * The reconciliation metrics of the operator SDK, renamed to the names in {@link Metric}. Other operators in the cluster expose the same SDK
 * names, so the series would mix. SDK metrics without a name in {@link Metric} are not exposed.
 */
public final class ReconciliationMetrics {

    /** A label of every metric of the SDK. Its value is the name of the controller: the kind in lower case. */
    private static final String CONTROLLER = "controller.name";

    private ReconciliationMetrics() {}

    /** The listener for the operator SDK. The registry must have the filter {@link #names} before this call. */
    public static Metrics of(MeterRegistry registry, RunningReconciliations running) {
        for (String kind : StateSnapshot.KINDS) {
            // The counters start at 0, so that increase() counts the first event.
            Metric.RECONCILIATIONS.counter(registry, kind, "success");
            Metric.RECONCILIATIONS.counter(registry, kind, "error");
        }
        var sdk = MicrometerMetricsV2.newBuilder(registry)
                .withExecutionTimerConfig(Metric::withBuckets)
                .build();
        return new AggregatedMetrics(List.of(sdk, running));
    }

    /** A filter that renames the metrics of the SDK. */
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
                .orElseThrow(() -> new IllegalArgumentException("unknown controller " + controller));
    }
}
