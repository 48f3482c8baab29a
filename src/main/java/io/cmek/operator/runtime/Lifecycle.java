package io.cmek.operator.runtime;

import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.inventory.Sweep;
import io.cmek.operator.metrics.CensusMeters;
import io.cmek.operator.observe.Sights;
import io.cmek.operator.observe.Workers;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.Cloner;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurationServiceCustomizer;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Starts and stops what runs beside the reconcilers. */
@Singleton
public class Lifecycle implements ConfigurationServiceCustomizer {

    private static final Logger LOG = Logger.getLogger(Lifecycle.class);

    /**
     * Reconciliations at once. One waits for AWS on its first look at a key or bucket only, so an account that hangs holds them up once; many
     * more at once would ask more of the API server than it answers in time.
     */
    private static final int RECONCILIATIONS = 64;

    private final Leadership leadership;
    private final KubernetesClient client;

    Lifecycle(Leadership leadership, KubernetesClient client) {
        this.leadership = leadership;
        this.client = client;
    }

    /**
     * With a customizer, the Quarkus extension (7.7.3) forgets the client of the container and the cloner that goes with it; the SDK would then
     * build a new client, and never close it, each time that a resource is copied out of the cache.
     */
    @Override
    public Consumer<ConfigurationServiceOverrider> overrider() {
        return overrider -> {
            overrider.withKubernetesClient(client);
            overrider.withResourceCloner(new Cloner() {
                @Override
                public <R extends HasMetadata> R clone(R resource) {
                    return client.getKubernetesSerialization().clone(resource);
                }
            });
            overrider.withExecutorService(Workers.of("reconciler", RECONCILIATIONS));
            leadership.election().ifPresent(overrider::withLeaderElectionConfiguration);
        };
    }

    void start(
            @Observes StartupEvent event,
            Entitlements entitlements,
            Settings settings,
            Sights sights,
            Sweep sweep,
            CensusMeters census) {
        if (entitlements.tenants().all().isEmpty()) {
            LOG.warn("No tenant is configured: every resource is refused. Set cmek.tenants.<name>.namespaces and"
                    + " cmek.tenants.<name>.principals.data.");
        }
        LOG.infof(
                "Installation '%s' serves the tenants %s",
                settings.installationId(),
                entitlements.tenants().all().stream().map(t -> t.name()).toList());
        leadership.whileLeading(() -> {
            sights.start();
            sweep.start();
            census.start();
        });
    }
}
