package io.cmek.operator.app;

import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.metrics.LeaderMeter;
import io.cmek.operator.metrics.UnreadableMeter;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Starts the periodic tasks and the AWS workers, and registers the metrics of the process. */
@Singleton
class StartupObserver {

    private static final Logger LOG = Logger.getLogger(StartupObserver.class);

    private final LeaderElection leadership;

    StartupObserver(LeaderElection leadership) {
        this.leadership = leadership;
    }

    void start(
            @Observes StartupEvent event,
            Authorization authorization,
            Settings settings,
            AwsWorkers workers,
            AwsControllers controllers,
            PeriodicTasks loops,
            Resources resources,
            MeterRegistry registry) {
        if (authorization.tenants().all().isEmpty()) {
            LOG.warn("No tenant is configured: no resource is accepted. Set cmek.tenants.<name>.namespaces and"
                    + " cmek.tenants.<name>.principals.data.");
        }
        LOG.infof(
                "Installation '%s' serves the tenants %s",
                settings.installationId(),
                authorization.tenants().all().stream().map(t -> t.name()).toList());
        LeaderMeter.register(registry, leadership::leads);
        UnreadableMeter.register(
                registry,
                kind -> resources.all().stream()
                        .filter(r -> r.getKind().equals(kind) && !NotUnderstood.isReadable(r))
                        .count());
        leadership.whileLeading(() -> {
            workers.use(controllers);
            loops.start();
        });
    }
}
