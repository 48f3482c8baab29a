package io.cmek.operator.metrics;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.metrics.Census.Kept;
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
public final class CensusMeters {

    private final Supplier<Census> take;
    private final Clock clock;
    private final MultiGauge affected;
    private final MultiGauge losses;
    private volatile Census census = Census.EMPTY;

    /**
     * @param pending how many items of the type wait for a worker
     * @param maxAge how long a read is relied upon while reads fail
     */
    public CensusMeters(
            MeterRegistry registry,
            Resources resources,
            KeySnapshot.Source keys,
            ToIntFunction<Class<? extends AwsItem>> pending,
            Duration maxAge,
            Clock clock) {
        this(registry, pending, () -> Census.of(resources, keys, maxAge, clock.instant()), clock);
    }

    CensusMeters(
            MeterRegistry registry,
            ToIntFunction<Class<? extends AwsItem>> pending,
            Supplier<Census> take,
            Clock clock) {
        this.take = take;
        this.clock = clock;
        this.affected = Metric.KEY_AFFECTED_RESOURCES.gauges(registry);
        this.losses = Metric.KEY_EXPIRATION_TIMESTAMP.gauges(registry);
        for (String state : Census.KEY_STATES) {
            Metric.KEYS.gauge(registry, () -> census.keys().getOrDefault(state, 0L), state);
        }
        for (String kind : Census.KINDS) {
            for (EncryptionState encryption : EncryptionState.values()) {
                var kept = new Kept(kind, encryption);
                Metric.RESOURCES.gauge(
                        registry, () -> census.resources().getOrDefault(kept, 0L), kind, encryption.name());
            }
        }
        Metric.POLL_QUEUE_DEPTH.gauge(registry, () -> pending.applyAsInt(AwsItem.Key.class), "keys");
        Metric.POLL_QUEUE_DEPTH.gauge(registry, () -> pending.applyAsInt(AwsItem.Bucket.class), "buckets");
    }

    /** Counts anew. */
    public void refresh() {
        Census now = take.get();
        census = now;
        // Series that stay are not touched, so that no scrape misses them; they read the latest census.
        List<Row<?>> troubled = now.affected().keySet().stream()
                .<Row<?>>map(trouble -> Row.of(
                        Metric.KEY_AFFECTED_RESOURCES.tags(
                                trouble.key().toString(), trouble.reason().name()),
                        () -> census.affected().getOrDefault(trouble, 0L)))
                .toList();
        affected.register(troubled);
        List<Row<?>> doomed = now.foreseeableLosses(clock.instant())
                .<Row<?>>map(loss -> Row.of(
                        Metric.KEY_EXPIRATION_TIMESTAMP.tags(
                                loss.key().toString(), loss.cause().toString()),
                        () -> seconds(census.losses().get(loss))))
                .toList();
        losses.register(doomed);
    }

    private static double seconds(@Nullable Instant at) {
        return at == null ? Double.NaN : at.getEpochSecond();
    }
}
