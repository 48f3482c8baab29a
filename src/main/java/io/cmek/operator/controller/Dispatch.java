package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.index.BucketRequests;
import io.cmek.operator.index.Changes;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.Resources;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Moves data in one direction. Informer events update the index. The index enqueues the keys and buckets that changed. A changed snapshot triggers
 * the resources that name its key or bucket. No method waits.
 */
public final class Dispatch {

    private final Resources resources;
    private final AwsControllers aws;
    private final ResourceController controller;
    private final Consumer<ResourceRef> trigger;

    /** @param trigger requests a reconciliation of the resource */
    public Dispatch(
            Resources resources, AwsControllers aws, ResourceController controller, Consumer<ResourceRef> trigger) {
        this.resources = resources;
        this.aws = aws;
        this.controller = controller;
        this.trigger = trigger;
    }

    /** An informer added or updated a resource. */
    public void put(StoredResource resource) {
        // A gap in the watch can hide the delete event of an earlier resource with the same name.
        Optional<StoredResource> before = resources
                .find(Resources.idOf(resource))
                .filter(known -> !known.getMetadata()
                        .getUid()
                        .equals(resource.getMetadata().getUid()));
        pass(resources.put(resource));
        before.ifPresent(controller::forget);
    }

    /** An informer reported that a resource was deleted. */
    public void remove(StoredResource resource) {
        pass(resources.remove(resource));
        controller.forget(resource);
    }

    /** The informer has delivered its initial list of the kind. */
    public void synced(String kind) {
        resources.synced(kind);
        if (resources.isSynced()) {
            // Events before the initial lists were indexed but not dispatched.
            RequestIndex index = resources.index();
            index.keys().forEach(key -> aws.enqueue(new AwsItem.Key(key)));
            index.buckets().forEach(this::enqueueBucket);
            resources.all().forEach(r -> trigger.accept(Resources.idOf(r)));
        }
    }

    private void pass(Changes changes) {
        if (!resources.isSynced()) {
            return;
        }
        changes.keys().forEach(key -> aws.enqueue(new AwsItem.Key(key)));
        changes.buckets().forEach(this::enqueueBucket);
        changes.resources().forEach(trigger);
    }

    /** Handles a changed key snapshot: triggers each resource that names the key, and enqueues the buckets that wait for it. */
    public static void keyChanged(
            KeyArn key, RequestIndex index, Consumer<AwsItem> enqueue, Consumer<ResourceRef> trigger) {
        for (EncryptionRequest request : index.requestsOn(key)) {
            trigger.accept(request.id());
            index.authorization()
                    .tenantOf(request)
                    .ifPresent(tenant -> request.buckets().stream()
                            .filter(use -> use.key().equals(key))
                            .forEach(use -> enqueue.accept(Judge.item(request, use, tenant.identity()))));
        }
    }

    /** Handles a changed bucket snapshot: triggers each resource that names the bucket. */
    public static void bucketChanged(AwsItem.Bucket bucket, RequestIndex index, Consumer<ResourceRef> trigger) {
        index.requestsOnBucket(bucket.name()).forEach(request -> trigger.accept(request.id()));
    }

    /** The work queue drops a bucket without readers when it processes the item next. */
    private void enqueueBucket(String name) {
        for (BucketRequests.Reader reader : resources.index().onBucket(name).readers()) {
            aws.enqueue(new AwsItem.Bucket(reader.identity(), reader.region(), name));
        }
    }
}
