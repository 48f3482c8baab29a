package io.cmek.operator.app;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurableReconciler;
import java.util.List;

/** Registers the kind with the Quarkus extension, which reads the type parameter. Delegates to {@link ReconcilerAdapter}. */
@ControllerConfiguration(name = "replicacmek")
class ReplicaCmekReconciler implements Reconciler<ReplicaCmek>, ConfigurableReconciler<ReplicaCmek> {

    private final ReconcilerAdapter adapter;

    ReplicaCmekReconciler(ReconcilerAdapter adapter) {
        this.adapter = adapter;
    }

    @Override
    public void updateConfigurationFrom(ControllerConfigurationOverrider<ReplicaCmek> configuration) {
        adapter.configure(configuration);
    }

    @Override
    public List<EventSource<?, ReplicaCmek>> prepareEventSources(EventSourceContext<ReplicaCmek> context) {
        return adapter.sources(context);
    }

    @Override
    public UpdateControl<ReplicaCmek> reconcile(ReplicaCmek resource, Context<ReplicaCmek> context) {
        return adapter.reconcile(resource);
    }
}
