package io.cmek.operator.app;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.controller.Dispatch;
import io.cmek.operator.controller.ReconcileResult;
import io.cmek.operator.controller.ResourceController;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.ResourceSelector;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Connects the operator SDK to {@link ResourceController}. The SDK runs the informers, and at most one reconciliation of a resource at a time. It
 * writes neither statuses nor finalizers.
 *
 * <p>{@code triggerReconcilerOnAllEvents} is on. Without it, the SDK never again reconciles a resource that is missing from the cache when its
 * reconciliation is due (java-operator-sdk issue 3416). The same holds for a resource that is recreated immediately after its deletion.
 */
@Singleton
class ReconcilerAdapter {

    /**
     * Page size of a list request. An object has at most 1.5 MiB (request limit of etcd). At startup the process holds up to two whole pages in
     * memory before it drops the fields that it does not use. With this page size the heap of the chart is enough for objects of any size.
     */
    static final long PAGE = 20;

    private final ResourceSelector shard;
    private final Dispatch dispatch;
    private final ResourceController controller;
    private final Triggers triggers;
    private final StorageClasses storageClasses;

    ReconcilerAdapter(
            ResourceSelector shard,
            Dispatch dispatch,
            ResourceController controller,
            Triggers triggers,
            StorageClasses storageClasses) {
        this.shard = shard;
        this.dispatch = dispatch;
        this.controller = controller;
        this.triggers = triggers;
        this.storageClasses = storageClasses;
    }

    /** Sets the retry here, because the Quarkus extension does not read it from the annotation. */
    <R extends CustomResource<?, ?> & StoredResource> void configure(
            ControllerConfigurationOverrider<R> configuration) {
        configuration.withRetry(new JitteredExponentialRetry());
        configuration.withTriggerReconcilerOnAllEvents(true);
        configuration.withLabelSelector(shard.labelSelector());
        configuration.withInformerListLimit(PAGE);
        configuration.withOnAddFilter(NotUnderstood::isReadable);
        configuration.withOnUpdateFilter((now, before) -> NotUnderstood.isReadable(now));
    }

    <R extends CustomResource<?, ?> & StoredResource> List<EventSource<?, R>> sources(EventSourceContext<R> context) {
        String kind = context.getPrimaryResourceClass().getSimpleName();
        var feed = new ResourceFeed<R>(kind, context.getPrimaryCache(), dispatch);
        triggers.add(kind, feed);
        return List.of(feed, storageClasses.source(context));
    }

    <R extends CustomResource<?, ?> & StoredResource> UpdateControl<R> reconcile(R resource) {
        ReconcileResult result = controller.reconcile(Resources.idOf(resource));
        UpdateControl<R> done = UpdateControl.noUpdate();
        return result.again().map(done::rescheduleAfter).orElse(done);
    }
}
