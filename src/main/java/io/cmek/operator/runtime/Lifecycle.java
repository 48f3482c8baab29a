package io.cmek.operator.runtime;

import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.events.FastLane;
import io.cmek.operator.inventory.LiveClaims;
import io.cmek.operator.inventory.Sweep;
import io.cmek.operator.metrics.CensusMeters;
import io.cmek.operator.metrics.LeadingMeter;
import io.cmek.operator.metrics.UnreadableMeter;
import io.cmek.operator.observe.Sights;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Starts and stops what runs beside the reconcilers. */
@Singleton
class Lifecycle {

    private static final Logger LOG = Logger.getLogger(Lifecycle.class);

    private final Leadership leadership;

    Lifecycle(Leadership leadership) {
        this.leadership = leadership;
    }

    void start(
            @Observes StartupEvent event,
            Entitlements entitlements,
            Settings settings,
            Sights sights,
            FastLane fastLane,
            Sweep sweep,
            CensusMeters census,
            LiveClaims claims,
            MeterRegistry registry) {
        if (entitlements.tenants().all().isEmpty()) {
            LOG.warn("No tenant is configured: every resource is refused. Set cmek.tenants.<name>.namespaces and"
                    + " cmek.tenants.<name>.principals.data.");
        }
        LOG.infof(
                "Installation '%s' serves the tenants %s",
                settings.installationId(),
                entitlements.tenants().all().stream().map(t -> t.name()).toList());
        LeadingMeter.register(registry, leadership::leads);
        UnreadableMeter.register(
                registry,
                kind -> claims.unreadable()
                        .filter(r -> r.getKind().equals(kind))
                        .count());
        leadership.whileLeading(() -> {
            sights.start();
            fastLane.start();
            sweep.start();
            census.start();
        });
    }
}
