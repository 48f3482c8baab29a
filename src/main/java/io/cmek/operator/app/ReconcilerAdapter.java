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
 * Between the operator SDK and the controller of resources. The SDK has informers, and runs one reconciliation of a resource at a time. It neither
 * writes statuses nor finalizers, and it is told of every event ({@code triggerReconcilerOnAllEvents}): otherwise a resource that is missing from
 * the cache when its turn comes is never reconciled again (its issue 3416), and neither is one that is created again at once.
 */
@Singleton
class ReconcilerAdapter {

    /**
     * Objects in one answer of the API server to a list. An object has 1.5 MiB at most (etcd's limit for a request), and two lists at a time
     * are read as whole answers before what is not kept is dropped: the process starts in the heap that the chart gives it, whatever is
     * written into the objects.
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

    /** The annotation's retry is not read by the Quarkus extension. */
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
