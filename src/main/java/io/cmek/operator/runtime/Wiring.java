package io.cmek.operator.runtime;

import io.cmek.operator.act.BucketEncrypter;
import io.cmek.operator.act.ClusterStorageClasses;
import io.cmek.operator.act.ImpatientClient;
import io.cmek.operator.act.KeyPolicyWriter;
import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.act.WriteObserver;
import io.cmek.operator.aws.AwsClients;
import io.cmek.operator.aws.AwsSettings;
import io.cmek.operator.aws.CallObserver;
import io.cmek.operator.aws.KmsKeyService;
import io.cmek.operator.aws.S3BucketService;
import io.cmek.operator.aws.SqsEventQueue;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.events.EventQueue;
import io.cmek.operator.events.FastLane;
import io.cmek.operator.inventory.LiveClaims;
import io.cmek.operator.inventory.Shard;
import io.cmek.operator.inventory.Sweep;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.metrics.AwsMeters;
import io.cmek.operator.metrics.CensusMeters;
import io.cmek.operator.metrics.ReconciliationMeters;
import io.cmek.operator.metrics.SweepMeter;
import io.cmek.operator.metrics.WriteMeters;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Sights;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.pipeline.Pipeline;
import io.cmek.operator.policy.KeyPolicyText;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.report.EventRecorder;
import io.cmek.operator.report.Reported;
import io.cmek.operator.report.ReporterFactory;
import io.cmek.operator.report.StatusLines;
import io.cmek.operator.report.StatusWriter;
import io.cmek.operator.report.UnreadableReporter;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts the parts together. None of them knows of the container. */
@Singleton
class Wiring {

    private static final Duration TROUBLED = Duration.ofSeconds(1);
    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

    /** Looked up by the operator SDK's extension; null, as only a dependent bean may be, where there is nothing to elect. */
    @Produces
    @Dependent
    @Unremovable
    @Nullable
    LeaderElectionConfiguration election(Leadership leadership) {
        return leadership.election().orElse(null);
    }

    @Produces
    @Singleton
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    AwsClients aws(Settings settings, MeterRegistry registry, Clock clock) {
        return new AwsClients(
                AwsSettings.of(settings.installationId(), settings.aws().pathStyleAccess()),
                CallObserver.both(new AwsMeters(registry), new FailureLog(clock)));
    }

    void close(@Disposes AwsClients aws) {
        aws.close();
    }

    @Produces
    @Singleton
    KeyService keys(AwsClients aws) {
        return new KmsKeyService(aws);
    }

    @Produces
    @Singleton
    BucketService buckets(AwsClients aws) {
        return new S3BucketService(aws);
    }

    @Produces
    @Singleton
    PolicyMerge merge(Settings settings) {
        return new PolicyMerge(settings.installationId());
    }

    @Produces
    @Singleton
    Entitlements entitlements(Settings settings, LiveClaims claims) {
        return new Entitlements(TenantsFactory.of(settings.tenants()), claims);
    }

    @Produces
    @Singleton
    Sights sights(Settings settings, KeyService keys, BucketService buckets, LiveClaims claims, Clock clock) {
        Watch.Pace ofKeys = pace("cmek.resync-interval", settings.resyncInterval(), settings);
        Watch.Pace ofBuckets = pace("cmek.bucket-resync-interval", settings.bucketResyncInterval(), settings);
        return new Sights(
                new Watch<>(
                        "keys",
                        k -> keys.describe(k.identity(), k.key()),
                        KeyHandle::lane,
                        facts -> !facts.state().equals("Enabled"),
                        ofKeys,
                        clock,
                        k -> !claims.onKey(k.key()).isEmpty(),
                        k -> claims.trigger(k.key())),
                new Watch<>(
                        "policies",
                        k -> keys.readPolicy(k.identity(), k.key()).map(KeyPolicyText::of),
                        KeyHandle::lane,
                        policy -> false,
                        ofKeys,
                        clock,
                        k -> !claims.onKey(k.key()).isEmpty(),
                        k -> claims.trigger(k.key())),
                new Watch<>(
                        "access",
                        k -> keys.proveAccess(k.identity(), k.key()),
                        KeyHandle::lane,
                        granted -> !granted,
                        ofKeys,
                        clock,
                        k -> !claims.onKey(k.key()).isEmpty(),
                        k -> claims.trigger(k.key())),
                new Watch<>(
                        "buckets",
                        b -> buckets.look(b.identity(), b.region(), b.name()),
                        BucketHandle::lane,
                        facts -> false,
                        ofBuckets,
                        clock,
                        b -> !claims.onBucket(b.name()).isEmpty(),
                        b -> claims.triggerBucket(b.name())));
    }

    void close(@Disposes Sights sights) {
        sights.close();
    }

    private static Watch.Pace pace(String property, Duration interval, Settings settings) {
        return new Watch.Pace(
                Bounds.atLeast(SHORTEST_INTERVAL, property, interval),
                TROUBLED,
                Bounds.atLeast(SHORTEST_INTERVAL, "cmek.facts-max-age", settings.factsMaxAge()));
    }

    @Produces
    @Singleton
    WriteObserver writes(MeterRegistry registry) {
        return new WriteMeters(registry);
    }

    @Produces
    @Singleton
    ReconciliationMeters reconciliations(MeterRegistry registry) {
        return new ReconciliationMeters(registry);
    }

    @Produces
    @Singleton
    CensusMeters census(MeterRegistry registry, Sights sights, LiveClaims claims, Clock clock) {
        return new CensusMeters(registry, sights, claims, clock);
    }

    void close(@Disposes CensusMeters census) {
        census.close();
    }

    @Produces
    @Singleton
    StorageClassPublisher storageClasses(KubernetesClient client, WriteObserver writes, Clock clock) {
        return new StorageClassPublisher(new ClusterStorageClasses(ImpatientClient.of(client)), writes, clock);
    }

    @Produces
    @Singleton
    KeyPolicyWriter policies(
            Settings settings, KeyService keys, Sights sights, PolicyMerge merge, Clock clock, WriteObserver writes) {
        return new KeyPolicyWriter(
                keys, sights.policies(), merge, settings.events().restoreStatements(), clock, writes);
    }

    @Produces
    @Singleton
    FastLane fastLane(
            Settings settings,
            AwsClients aws,
            Sights sights,
            KeyPolicyWriter policies,
            LiveClaims claims,
            Clock clock) {
        Optional<EventQueue> queue = settings.events()
                .queueUrl()
                .map(url -> new SqsEventQueue(aws, url, Optional.ofNullable(System.getenv("AWS_REGION"))));
        return new FastLane(queue, sights, policies, claims, clock);
    }

    void close(@Disposes FastLane fastLane) {
        fastLane.close();
    }

    @Produces
    @Singleton
    Pipeline pipeline(
            Entitlements entitlements,
            Sights sights,
            KeyPolicyWriter policies,
            BucketService buckets,
            StorageClassPublisher storageClasses,
            WriteObserver writes,
            Clock clock) {
        return new Pipeline(
                entitlements,
                sights,
                policies,
                new BucketEncrypter(buckets, sights.buckets(), clock, writes),
                storageClasses,
                clock);
    }

    @Produces
    @Singleton
    StatusLines lines(PolicyMerge merge, Entitlements entitlements, Clock clock) {
        return new StatusLines(merge, entitlements, clock);
    }

    @Produces
    @Singleton
    Reported reported() {
        return new Reported();
    }

    @Produces
    @Singleton
    EventRecorder events(KubernetesClient client, Clock clock) {
        String pod = System.getenv("HOSTNAME");
        return new EventRecorder(
                ImpatientClient.of(client), pod == null || pod.isBlank() ? "cmek-operator" : pod, clock);
    }

    @Produces
    @Singleton
    ReporterFactory reporters(
            KubernetesClient client,
            Reported reported,
            EventRecorder events,
            Settings settings,
            Leadership leadership,
            Clock clock) {
        return new ReporterFactory(
                new StatusWriter(client), reported, events, settings.factsMaxAge(), leadership::since, clock);
    }

    @Produces
    @Singleton
    Shard shard(Settings settings) {
        return new Shard(settings.selector());
    }

    @Produces
    @Singleton
    LiveClaims claims(Settings settings, Shard shard) {
        return new LiveClaims(settings.clusterRegion(), shard);
    }

    @Produces
    @Singleton
    Sweep sweep(LiveClaims claims, Reported reported, StatusLines lines, EventRecorder events, MeterRegistry registry) {
        return new Sweep(claims, reported, lines, new UnreadableReporter(events), new SweepMeter(registry));
    }

    void stop(@Disposes Sweep sweep) {
        sweep.close();
    }
}
