package io.cmek.operator.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.BooleanSupplier;

/** Registers {@link Metric#LEADER}: 1 on the leader, 0 on a standby. */
public final class LeaderMeter {

    private LeaderMeter() {}

    public static void register(MeterRegistry registry, BooleanSupplier leads) {
        Metric.LEADER.gauge(registry, () -> leads.getAsBoolean() ? 1 : 0);
    }
}
