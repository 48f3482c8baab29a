package io.cmek.operator.metrics;

import io.cmek.operator.controller.StatusListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** Counts the status writes of the operator, by result. */
public final class StatusMeter implements StatusListener {

    private static final String WRITTEN = "written";
    private static final String REFUSED = "refused";
    static final List<String> RESULTS = List.of(WRITTEN, REFUSED);

    private final Counter written;
    private final Counter refused;

    public StatusMeter(MeterRegistry registry) {
        this.written = Metric.STATUS_WRITES.counter(registry, WRITTEN);
        this.refused = Metric.STATUS_WRITES.counter(registry, REFUSED);
    }

    @Override
    public void statusWritten(boolean accepted) {
        (accepted ? written : refused).increment();
    }
}
