package io.cmek.operator.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToLongFunction;

/** Registers {@link Metric#UNREADABLE_RESOURCES}, on standby replicas too. */
public final class UnreadableMeter {

    private UnreadableMeter() {}

    /** @param count the number of unreadable resources of a kind */
    public static void register(MeterRegistry registry, ToLongFunction<String> count) {
        for (String kind : StateSnapshot.KINDS) {
            Metric.UNREADABLE_RESOURCES.gauge(registry, () -> count.applyAsLong(kind), kind);
        }
    }
}
