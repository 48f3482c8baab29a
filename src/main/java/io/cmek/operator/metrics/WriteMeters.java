package io.cmek.operator.metrics;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.key.KeyArn;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Counts policy writes, conflicts and drift repairs. */
public final class WriteMeters implements WriteListener {

    static final List<String> RESULTS =
            List.of("written", "denied", "throttled", "rejected", "not_found", "unavailable");
    static final List<String> THINGS =
            Arrays.stream(DriftRepair.What.values()).map(WriteMeters::label).toList();

    private final MeterRegistry registry;
    private final Counter conflicts;

    public WriteMeters(MeterRegistry registry) {
        this.registry = registry;
        // The counters start at 0, so that increase() counts the first event.
        RESULTS.forEach(result -> Metric.POLICY_WRITES.counter(registry, result));
        THINGS.forEach(thing -> Metric.DRIFT_REPAIRED.counter(registry, thing));
        this.conflicts = Metric.POLICY_CONFLICTS.counter(registry);
    }

    @Override
    public void policyWritten(KeyArn key, @Nullable AwsError failure) {
        String result =
                switch (failure) {
                    case null -> "written";
                    case AwsError.Denied denied -> "denied";
                    case AwsError.Throttled throttled -> "throttled";
                    case AwsError.Rejected rejected -> "rejected";
                    case AwsError.NotFound gone -> "not_found";
                    case AwsError.Unavailable unavailable -> "unavailable";
                };
        Metric.POLICY_WRITES.counter(registry, result).increment();
    }

    @Override
    public void policyConflict(KeyArn key) {
        conflicts.increment();
    }

    @Override
    public void repaired(DriftRepair drift) {
        Metric.DRIFT_REPAIRED.counter(registry, label(drift.what())).increment();
    }

    private static String label(DriftRepair.What what) {
        return what.name().toLowerCase(Locale.ROOT).replace("_", "");
    }
}
