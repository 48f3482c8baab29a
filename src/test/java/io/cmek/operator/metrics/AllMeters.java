package io.cmek.operator.metrics;

import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Lane;
import io.cmek.operator.observe.Sights;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.observe.Watch.Pace;
import io.cmek.operator.policy.KeyPolicyText;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Function;

/** Every meter of the operator, in a registry of its own, over a world that the test makes up. */
final class AllMeters implements AutoCloseable {

    final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    final AwsMeters aws;
    final WriteMeters writes;
    final ReconciliationMeters reconciliations;
    final SweepMeter sweep;
    final Sights sights;
    final CensusMeters census;
    Census world = Census.EMPTY;

    AllMeters(Clock clock) {
        MeterRegistry meters = registry;
        aws = new AwsMeters(meters);
        writes = new WriteMeters(meters);
        reconciliations = new ReconciliationMeters(meters);
        sweep = new SweepMeter(meters);
        LeadingMeter.register(meters, () -> true);
        UnreadableMeter.register(meters, kind -> 0);
        sights = new Sights(
                AllMeters.<KeyHandle, KeyFacts>watch("keys", clock),
                AllMeters.<KeyHandle, KeyPolicyText>watch("policies", clock),
                AllMeters.<KeyHandle, Boolean>watch("access", clock),
                AllMeters.<BucketHandle, BucketFacts>watch("buckets", clock));
        census = new CensusMeters(meters, sights, () -> world, clock);
    }

    private static <K, F> Watch<K, F> watch(String name, Clock clock) {
        Function<K, Answer<F>> never = thing -> {
            throw new AssertionError("nothing is looked at in this test");
        };
        var minute = Duration.ofMinutes(1);
        return new Watch<>(
                name,
                never,
                thing -> new Lane(Identity.OWN, "us-east-1"),
                fact -> false,
                new Pace(minute, minute, minute),
                clock,
                thing -> true,
                thing -> {});
    }

    Exposition scrape() {
        return Exposition.parse(registry.scrape());
    }

    @Override
    public void close() {
        census.close();
        sights.close();
        registry.close();
    }
}
