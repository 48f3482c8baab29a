package io.cmek.operator.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.BooleanSupplier;

/** Tells the process that works from those that stand by. */
public final class LeaderMeter {

    private LeaderMeter() {}

    public static void register(MeterRegistry registry, BooleanSupplier leads) {
        Metric.LEADER.gauge(registry, () -> leads.getAsBoolean() ? 1 : 0);
    }
}
