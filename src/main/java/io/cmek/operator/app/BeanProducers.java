package io.cmek.operator.app;

import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.BucketController;
import io.cmek.operator.awscontrol.BucketJudge;
import io.cmek.operator.awscontrol.KeyController;
import io.cmek.operator.awscontrol.KeyJudge;
import io.cmek.operator.awscontrol.LiveRequests;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.awscontrol.WorkQueue;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.awssdk.AwsClients;
import io.cmek.operator.awssdk.AwsSettings;
import io.cmek.operator.awssdk.CallListener;
import io.cmek.operator.awssdk.KmsKeyService;
import io.cmek.operator.awssdk.S3BucketService;
import io.cmek.operator.awssdk.SqsEventQueue;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.cloudtrail.EventConsumer;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.cluster.ClusterClient;
import io.cmek.operator.cluster.ClusterStorageClasses;
import io.cmek.operator.cluster.SingleAttemptClient;
import io.cmek.operator.cluster.StorageClassReconciler;
import io.cmek.operator.controller.Dispatch;
import io.cmek.operator.controller.DueReconciliations;
import io.cmek.operator.controller.EventRecorder;
import io.cmek.operator.controller.Judge;
import io.cmek.operator.controller.LastWrittenStatusCache;
import io.cmek.operator.controller.LiveRequestsReader;
import io.cmek.operator.controller.ResourceController;
import io.cmek.operator.controller.StatusBuilder;
import io.cmek.operator.controller.StatusResync;
import io.cmek.operator.controller.StatusWriter;
import io.cmek.operator.controller.Steps;
import io.cmek.operator.controller.StorageClassStep;
import io.cmek.operator.controller.UnreadableReporter;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.metrics.AwsMeters;
import io.cmek.operator.metrics.ReconciliationMetrics;
import io.cmek.operator.metrics.RunningReconciliations;
import io.cmek.operator.metrics.StaleStatusMeter;
import io.cmek.operator.metrics.StateMetrics;
import io.cmek.operator.metrics.StatusMeter;
import io.cmek.operator.metrics.WriteMeters;
import io.cmek.operator.resource.ResourceSelector;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.quarkus.arc.Unremovable;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Creates the beans. Only this package depends on the CDI container. */
@Singleton
class BeanProducers {

    private static final Duration RESYNC_INTERVAL = Duration.ofSeconds(5);
    private static final Duration STATE_METRICS_INTERVAL = Duration.ofSeconds(10);
    private static final Duration EVENTS_PAUSE = Duration.ofMillis(100);
    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

    /** The operator SDK's extension requires this bean. It is null without leader election, and only a {@code Dependent} bean can be null. */
    @Produces
    @Dependent
    @Unremovable
    @Nullable
    LeaderElectionConfiguration election(LeaderElection leadership) {
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
                CallListener.both(new AwsMeters(registry), new AwsErrorLogger(clock)));
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
    Ticker ticker() {
        return System::nanoTime;
    }

    @Produces
    @Singleton
    RandomGenerator random() {
        return RandomGenerator.of("SecureRandom");
    }

    @Produces
    @Singleton
    ResourceSelector shard(Settings settings) {
        return new ResourceSelector(settings.selector());
    }

    @Produces
    @Singleton
    Authorization authorization(Settings settings) {
        return new Authorization(TenantsFactory.of(settings.tenants()));
    }

    @Produces
    @Singleton
    RequestIndex index(Authorization authorization) {
        return new RequestIndex(authorization);
    }

    @Produces
    @Singleton
    LastWrittenStatusCache written() {
        return new LastWrittenStatusCache();
    }

    @Produces
    @Singleton
    Resources resources(RequestIndex index, Settings settings, ResourceSelector shard, LastWrittenStatusCache written) {
        return new Resources(index, settings.clusterRegion(), shard, r -> written.isLast(r, Resources.statusOf(r)));
    }

    @Produces
    @Singleton
    ClusterApi cluster(KubernetesClient client, ResourceSelector shard) {
        return new ClusterClient(SingleAttemptClient.of(client), shard.labelSelector(), ReconcilerAdapter.PAGE);
    }

    @Produces
    @Singleton
    LiveRequests live(ClusterApi api, Authorization authorization, Settings settings, ResourceSelector shard) {
        return new SharedLiveRequests(
                new LiveRequestsReader(api, () -> authorization, settings.clusterRegion(), shard));
    }

    @Produces
    @Singleton
    Triggers triggers() {
        return new Triggers();
    }

    @Produces
    @Singleton
    DueReconciliations due(Ticker ticker, Triggers triggers) {
        return new DueReconciliations(ticker, triggers);
    }

    @Produces
    @Singleton
    StorageClasses storageClassCache() {
        return new StorageClasses();
    }

    @Produces
    @Singleton
    AwsWorkers workers() {
        return new AwsWorkers();
    }

    void close(@Disposes AwsWorkers workers) {
        workers.close();
    }

    @Produces
    @Singleton
    WorkQueue<AwsItem> queue(Ticker ticker, AwsWorkers workers) {
        return new WorkQueue<>(AwsItem::partition, ticker, workers::wakeUp);
    }

    @Produces
    @Singleton
    WriteListener writes(MeterRegistry registry) {
        return new WriteMeters(registry);
    }

    @Produces
    @Singleton
    EventRecorder events(ClusterApi api, EventSender sender, Clock clock, RandomGenerator random) {
        String pod = System.getenv("HOSTNAME");
        return new EventRecorder(api, sender, pod == null || pod.isBlank() ? "cmek-operator" : pod, clock, random);
    }

    @Produces
    @Singleton
    EventSender sender() {
        return new EventSender();
    }

    void close(@Disposes EventSender sender) {
        sender.close();
    }

    @Produces
    @Singleton
    KeyJudge keyJudge(PolicyMerge merge, Settings settings) {
        return new KeyJudge(merge, factsMaxAge(settings));
    }

    @Produces
    @Singleton
    KeyController keyController(
            KeyService keys,
            RequestIndex index,
            LiveRequests live,
            PolicyMerge merge,
            Settings settings,
            Ticker ticker,
            Clock clock,
            RandomGenerator random,
            WriteListener observer,
            EventRecorder events,
            WorkQueue<AwsItem> queue,
            DueReconciliations due) {
        return new KeyController(
                keys,
                index,
                live,
                merge,
                new KeyController.Settings(
                        ConfigValidation.atLeast(SHORTEST_INTERVAL, "cmek.resync-interval", settings.resyncInterval()),
                        factsMaxAge(settings),
                        settings.events().restoreStatements()),
                ticker,
                clock,
                random,
                observer,
                events,
                key -> Dispatch.keyChanged(key, index, queue::add, due));
    }

    @Produces
    @Singleton
    BucketController bucketController(
            BucketService buckets,
            RequestIndex index,
            KeyController keys,
            KeyJudge keyJudge,
            Settings settings,
            Ticker ticker,
            Clock clock,
            RandomGenerator random,
            WriteListener observer,
            EventRecorder events,
            DueReconciliations due) {
        return new BucketController(
                buckets,
                index,
                keys,
                keyJudge,
                new BucketController.Settings(
                        ConfigValidation.atLeast(
                                SHORTEST_INTERVAL, "cmek.bucket-resync-interval", settings.bucketResyncInterval()),
                        factsMaxAge(settings)),
                ticker,
                clock,
                random,
                observer,
                events,
                bucket -> Dispatch.bucketChanged(bucket, index, due));
    }

    @Produces
    @Singleton
    AwsControllers controllers(
            WorkQueue<AwsItem> queue, KeyController keys, BucketController buckets, RandomGenerator random) {
        return new AwsControllers(queue, keys, buckets, random);
    }

    @Produces
    @Singleton
    StorageClassReconciler storageClasses(
            KubernetesClient client, WriteListener writes, Ticker ticker, Clock clock, RandomGenerator random) {
        return new StorageClassReconciler(
                new ClusterStorageClasses(SingleAttemptClient.of(client)), writes, ticker, clock, random);
    }

    @Produces
    @Singleton
    Judge judge(
            RequestIndex index, KeyJudge keyJudge, KeyController keys, BucketController buckets, Settings settings) {
        return new Judge(index, keyJudge, new BucketJudge(factsMaxAge(settings)), keys, buckets, factsMaxAge(settings));
    }

    @Produces
    @Singleton
    ResourceController resourceController(
            Resources resources,
            Judge judge,
            PolicyMerge merge,
            LastWrittenStatusCache written,
            ClusterApi api,
            StorageClasses storageClassCache,
            StorageClassReconciler volumes,
            EventRecorder events,
            DueReconciliations due,
            Settings settings,
            MeterRegistry registry,
            Ticker ticker,
            Clock clock,
            RandomGenerator random) {
        var steps = new Steps();
        return new ResourceController(
                resources,
                judge,
                new StatusBuilder(merge, resources.index(), clock),
                new StatusWriter(written, api, steps, events, new StatusMeter(registry), ticker, random),
                api,
                new StorageClassStep(resources, storageClassCache, volumes, api, events, steps),
                steps,
                due,
                new ResourceController.Settings(factsMaxAge(settings)),
                ticker,
                clock);
    }

    @Produces
    @Singleton
    Dispatch dispatch(
            Resources resources, AwsControllers controllers, ResourceController controller, DueReconciliations due) {
        return new Dispatch(resources, controllers, controller, due);
    }

    @Produces
    @Singleton
    MeterFilter namesOfReconciliations() {
        return ReconciliationMetrics.names();
    }

    @Produces
    @Singleton
    @Typed(RunningReconciliations.class)
    RunningReconciliations running(MeterRegistry registry, Ticker ticker) {
        return new RunningReconciliations(registry, ticker::nanos);
    }

    /** The operator SDK's extension requires this bean. */
    @Produces
    @Singleton
    @Unremovable
    Metrics reconciliations(MeterRegistry registry, RunningReconciliations running) {
        return ReconciliationMetrics.of(registry, running);
    }

    @Produces
    @Singleton
    PeriodicTasks loops(
            Settings settings,
            AwsClients aws,
            AwsWorkers workers,
            AwsControllers controllers,
            Resources resources,
            KeyController keys,
            EventRecorder events,
            DueReconciliations due,
            MeterRegistry registry,
            Ticker ticker,
            Clock clock,
            RandomGenerator random) {
        var resync = new StatusResync(resources, new UnreadableReporter(events), due, new StaleStatusMeter(registry));
        var stateMetrics =
                new StateMetrics(registry, resources, keys, controllers::pending, factsMaxAge(settings), clock);
        var loops = new ArrayList<>(List.of(
                workers.loop(),
                new PeriodicTask("resync", RESYNC_INTERVAL, resync::run),
                new PeriodicTask("state-metrics", STATE_METRICS_INTERVAL, stateMetrics::refresh)));
        settings.events()
                .queueUrl()
                .map(url -> new SqsEventQueue(aws, url, Optional.ofNullable(System.getenv("AWS_REGION"))))
                .map(queue -> new EventConsumer(queue, controllers, resources.index(), ticker, random))
                .ifPresent(consumer -> loops.add(new PeriodicTask("events", EVENTS_PAUSE, consumer::consume)));
        return new PeriodicTasks(loops);
    }

    void close(@Disposes PeriodicTasks loops) {
        loops.close();
    }

    private static Duration factsMaxAge(Settings settings) {
        return ConfigValidation.atLeast(SHORTEST_INTERVAL, "cmek.facts-max-age", settings.factsMaxAge());
    }
}
