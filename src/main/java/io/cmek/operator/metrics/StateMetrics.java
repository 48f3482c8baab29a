package io.cmek.operator.metrics;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.metrics.StateSnapshot.ResourceCount;
import io.cmek.operator.resource.Resources;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The gauges of key states and resource states. A periodic task counts all keys and resources every few seconds. A scrape does not, because a
 * count adds and removes series of keys, and a scrape must not change the registry.
 */
public final class StateMetrics {

    private final Supplier<StateSnapshot> source;
    private final Clock clock;
    private final MultiGauge affected;
    private final MultiGauge expirations;
    private volatile StateSnapshot snapshot = StateSnapshot.EMPTY;

    /**
     * @param pending the number of items of a type that wait for a worker
     * @param maxAge how long the last successful read stays valid while reads fail
     */
    public StateMetrics(
            MeterRegistry registry,
            Resources resources,
            KeySnapshot.Source keys,
            ToIntFunction<Class<? extends AwsItem>> pending,
            Duration maxAge,
            Clock clock) {
        this(registry, pending, () -> StateSnapshot.of(resources, keys, maxAge, clock.instant()), clock);
    }

    StateMetrics(
            MeterRegistry registry,
            ToIntFunction<Class<? extends AwsItem>> pending,
            Supplier<StateSnapshot> source,
            Clock clock) {
        this.source = source;
        this.clock = clock;
        this.affected = Metric.KEY_AFFECTED_RESOURCES.gauges(registry);
        this.expirations = Metric.KEY_EXPIRATION_TIMESTAMP.gauges(registry);
        for (String state : StateSnapshot.KEY_STATES) {
            Metric.KEYS.gauge(registry, () -> snapshot.keys().getOrDefault(state, 0L), state);
        }
        for (String kind : StateSnapshot.KINDS) {
            for (EncryptionState encryption : EncryptionState.values()) {
                var count = new ResourceCount(kind, encryption);
                Metric.RESOURCES.gauge(
                        registry, () -> snapshot.resources().getOrDefault(count, 0L), kind, encryption.name());
            }
        }
        Metric.POLL_QUEUE_DEPTH.gauge(registry, () -> pending.applyAsInt(AwsItem.Key.class), "keys");
        Metric.POLL_QUEUE_DEPTH.gauge(registry, () -> pending.applyAsInt(AwsItem.Bucket.class), "buckets");
    }

    /** Takes a new snapshot, and registers the series of its keys. */
    public void refresh() {
        StateSnapshot now = source.get();
        snapshot = now;
        // A series that exists keeps its gauge, so that no scrape misses it. The gauges read the latest snapshot.
        List<Row<?>> unusable = now.affected().keySet().stream()
                .<Row<?>>map(key -> Row.of(
                        Metric.KEY_AFFECTED_RESOURCES.tags(
                                key.key().toString(), key.reason().name()),
                        () -> snapshot.affected().getOrDefault(key, 0L)))
                .toList();
        affected.register(unusable);
        List<Row<?>> expiring = now.foreseeableExpirations(clock.instant())
                .<Row<?>>map(expiry -> Row.of(
                        Metric.KEY_EXPIRATION_TIMESTAMP.tags(
                                expiry.key().toString(), expiry.cause().toString()),
                        () -> seconds(snapshot.expirations().get(expiry))))
                .toList();
        expirations.register(expiring);
    }

    private static double seconds(@Nullable Instant at) {
        return at == null ? Double.NaN : at.getEpochSecond();
    }
}
