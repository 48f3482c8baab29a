package io.cmek.operator.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToLongFunction;

/** Counts the stored objects that cannot be read, on the replicas that stand by too. */
public final class UnreadableMeter {

    private UnreadableMeter() {}

    /** @param count how many of a kind */
    public static void register(MeterRegistry registry, ToLongFunction<String> count) {
        for (String kind : StateSnapshot.KINDS) {
            Metric.UNREADABLE_RESOURCES.gauge(registry, () -> count.applyAsLong(kind), kind);
        }
    }
}
