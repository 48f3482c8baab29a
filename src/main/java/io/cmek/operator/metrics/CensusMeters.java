package io.cmek.operator.metrics;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.inventory.LiveClaims;
import io.cmek.operator.metrics.Census.Cause;
import io.cmek.operator.metrics.Census.Kept;
import io.cmek.operator.observe.Loop;
import io.cmek.operator.observe.Sights;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gauges: how it stands. All keys and resources are counted every few seconds and not at each scrape, because series of keys come and go
 * and a scrape must not change what it reads.
 */
public final class CensusMeters implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final Supplier<Census> take;
    private final Clock clock;
    private final MultiGauge affected;
    private final MultiGauge losses;
    private final Loop loop = new Loop("census", INTERVAL, this::refresh);
    private volatile Census census = Census.EMPTY;

    public CensusMeters(MeterRegistry registry, Sights sights, LiveClaims claims, Clock clock) {
        this(
                registry,
                sights,
                () -> Census.of(
                        sights.keys().known(), sights.keys().maxAge(), claims.resources(), claims, clock.instant()),
                clock);
    }

    CensusMeters(MeterRegistry registry, Sights sights, Supplier<Census> take, Clock clock) {
        this.take = take;
        this.clock = clock;
        this.affected = Metric.KEY_AFFECTED_RESOURCES.gauges(registry);
        this.losses = Metric.KEY_LOSS_TIMESTAMP.gauges(registry);
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
        for (Cause cause : Cause.values()) {
            Metric.NEXT_KEY_LOSS.gauge(registry, () -> census.nextLoss(cause, clock.instant()), cause.toString());
            Metric.KEYS_LOST_SOON.gauge(registry, () -> census.lostSoon(cause, clock.instant()), cause.toString());
        }
        Metric.PENDING_LOOKS.gauge(registry, () -> sights.keys().pendingLooks(), "keys");
        Metric.PENDING_LOOKS.gauge(registry, () -> sights.policies().pendingLooks(), "policies");
        Metric.PENDING_LOOKS.gauge(registry, () -> sights.access().pendingLooks(), "access");
        Metric.PENDING_LOOKS.gauge(registry, () -> sights.buckets().pendingLooks(), "buckets");
    }

    public void start() {
        loop.start();
    }

    /** What counts again and again. */
    public Loop loop() {
        return loop;
    }

    void refresh() {
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
                        Metric.KEY_LOSS_TIMESTAMP.tags(
                                loss.key().toString(), loss.cause().toString()),
                        () -> seconds(census.losses().get(loss))))
                .toList();
        losses.register(doomed);
    }

    private static double seconds(@Nullable Instant at) {
        return at == null ? Double.NaN : at.getEpochSecond();
    }

    @Override
    public void close() {
        loop.close();
    }
}
