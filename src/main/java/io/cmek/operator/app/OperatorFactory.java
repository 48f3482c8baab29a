package io.cmek.operator.app;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.quarkiverse.operatorsdk.runtime.QuarkusConfigurationService;
import io.quarkiverse.operatorsdk.runtime.QuarkusControllerConfiguration;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurableReconciler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Creates the operator SDK's {@code Operator} in place of the Quarkus extension. The extension (7.7.3) drops {@code
 * triggerReconcilerOnAllEvents} from the configuration of a controller.
 */
@Singleton
class OperatorFactory {

    @Produces
    @ApplicationScoped
    Operator operator(
            QuarkusConfigurationService configuration, Instance<Reconciler<? extends HasMetadata>> reconcilers) {
        var operator = new Operator(configuration);
        reconcilers.forEach(reconciler -> register(operator, configuration, reconciler));
        return operator;
    }

    private static <P extends HasMetadata> void register(
            Operator operator, QuarkusConfigurationService service, Reconciler<P> reconciler) {
        QuarkusControllerConfiguration<P> found = service.getConfigurationFor(reconciler);
        if (!(reconciler instanceof ConfigurableReconciler<P> configurable) || found == null) {
            throw new IllegalStateException(reconciler.getClass().getName()
                    + " is not a reconciler that the Quarkus extension found at build time");
        }
        var overrider = ControllerConfigurationOverrider.override(found);
        configurable.updateConfigurationFrom(overrider);
        var configuration = new AllEvents<>(overrider.build(), found);
        configuration.setParent(service);
        operator.register(reconciler, configuration);
    }

    /** A controller configuration with {@code triggerReconcilerOnAllEvents}. */
    private static final class AllEvents<P extends HasMetadata> extends QuarkusControllerConfiguration<P> {

        AllEvents(ControllerConfiguration<P> configuration, QuarkusControllerConfiguration<P> found) {
            super(
                    configuration.getInformerConfig(),
                    configuration.getName(),
                    configuration.isGenerationAware(),
                    found.getAssociatedReconcilerClassName(),
                    configuration.getRetry(),
                    configuration.getRateLimiter(),
                    configuration.maxReconciliationInterval().orElseThrow(),
                    configuration.getFinalizerName(),
                    configuration.fieldManager(),
                    found.getWorkflow(),
                    found.getResourceTypeName(),
                    found.getResourceClass());
        }

        @Override
        public boolean triggerReconcilerOnAllEvents() {
            return true;
        }
    }
}
