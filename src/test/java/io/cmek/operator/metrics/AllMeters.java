package io.cmek.operator.metrics;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;

/** Every meter of the operator, in a registry of its own, over a world that the test makes up. */
final class AllMeters implements AutoCloseable {

    final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** What the running process has, too: Quarkus puts the registry, with the filters, into a composite one. */
    private final CompositeMeterRegistry composite = new CompositeMeterRegistry();

    private final KubernetesClient nowhere = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder().withMasterUrl("http://127.0.0.1:1").build())
            .build();

    final AtomicLong nanos = new AtomicLong();
    final AwsMeters aws;
    final WriteMeters writes;
    final StatusMeter statuses;
    final RunningReconciliations running;
    final Metrics reconciliations;
    final StaleStatusMeter staleStatuses;
    final StateMetrics metrics;
    StateSnapshot world = StateSnapshot.EMPTY;

    AllMeters(Clock clock) {
        registry.config().meterFilter(ReconciliationMetrics.names());
        composite.add(registry);
        MeterRegistry meters = composite;
        aws = new AwsMeters(meters);
        writes = new WriteMeters(meters);
        statuses = new StatusMeter(meters);
        running = new RunningReconciliations(meters, nanos::get);
        reconciliations = ReconciliationMetrics.of(meters, running);
        tellOfControllers(reconciliations);
        staleStatuses = new StaleStatusMeter(meters);
        LeaderMeter.register(meters, () -> true);
        UnreadableMeter.register(meters, kind -> 0);
        metrics = new StateMetrics(meters, type -> 0, () -> world, clock);
    }

    /** The operator SDK tells of its controllers as it makes them. */
    static void tellOfControllers(Metrics metrics) {
        var nowhere = new ConfigBuilder().withMasterUrl("http://127.0.0.1:1").build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(nowhere).build()) {
            var operator = new Operator(o -> o.withKubernetesClient(client).withMetrics(metrics));
            operator.register(new OfWorkgroups());
            operator.register(new OfReplicas());
        }
    }

    Exposition scrape() {
        return Exposition.parse(registry.scrape());
    }

    @Override
    public void close() {
        composite.close();
        registry.close();
    }

    @ControllerConfiguration(name = "workgroup")
    static final class OfWorkgroups implements Reconciler<Workgroup> {

        @Override
        public UpdateControl<Workgroup> reconcile(Workgroup resource, Context<Workgroup> context) {
            return UpdateControl.noUpdate();
        }
    }

    @ControllerConfiguration(name = "replicacmek")
    static final class OfReplicas implements Reconciler<ReplicaCmek> {

        @Override
        public UpdateControl<ReplicaCmek> reconcile(ReplicaCmek resource, Context<ReplicaCmek> context) {
            return UpdateControl.noUpdate();
        }
    }
}
