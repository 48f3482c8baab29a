package io.cmek.operator.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.IntConsumer;

/** Counts the resources that the status resync finds stale. */
public final class StaleStatusMeter implements IntConsumer {

    private final Counter hits;

    public StaleStatusMeter(MeterRegistry registry) {
        this.hits = Metric.STALE_STATUS.counter(registry);
    }

    @Override
    public void accept(int found) {
        hits.increment(found);
    }
}
