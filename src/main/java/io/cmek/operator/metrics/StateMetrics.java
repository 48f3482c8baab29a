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
 * The gauges: how it stands. All keys and resources are counted every few seconds and not at each scrape, because series of keys come and go
 * and a scrape must not change what it reads.
 */
public final class StateMetrics {

    private final Supplier<StateSnapshot> source;
    private final Clock clock;
    private final MultiGauge affected;
    private final MultiGauge expirations;
    private volatile StateSnapshot snapshot = StateSnapshot.EMPTY;

    /**
     * @param pending how many items of the type wait for a worker
     * @param maxAge how long a read is relied upon while reads fail
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

    /** Counts anew. */
    public void refresh() {
        StateSnapshot now = source.get();
        snapshot = now;
        // Series that stay are not touched, so that no scrape misses them; they read the latest snapshot.
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
