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
 * The one way of the data: what the informers tell goes into the index, what the index finds changed goes to the controllers of keys and buckets,
 * and what their snapshots say newly goes to the resources that name them. It must not wait.
 */
public final class Dispatch {

    private final Resources resources;
    private final AwsControllers aws;
    private final ResourceController controller;
    private final Consumer<ResourceRef> trigger;

    /** @param trigger has the resource reconciled */
    public Dispatch(
            Resources resources, AwsControllers aws, ResourceController controller, Consumer<ResourceRef> trigger) {
        this.resources = resources;
        this.aws = aws;
        this.controller = controller;
        this.trigger = trigger;
    }

    /** An informer has a resource, or a new version of it. */
    public void put(StoredResource resource) {
        // Where the watch had a gap, nobody tells the end of the one that had the name before.
        Optional<StoredResource> before = resources
                .find(Resources.idOf(resource))
                .filter(known -> !known.getMetadata()
                        .getUid()
                        .equals(resource.getMetadata().getUid()));
        pass(resources.put(resource));
        before.ifPresent(controller::forget);
    }

    /** An informer tells that a resource is gone. */
    public void remove(StoredResource resource) {
        pass(resources.remove(resource));
        controller.forget(resource);
    }

    /** All resources of the kind that existed when its informer began have been put. */
    public void synced(String kind) {
        resources.synced(kind);
        if (resources.isSynced()) {
            // What came before was not worked on.
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

    /** The snapshot of a key says something else: it is judged anew by all that name it, and buckets may be encrypted now. */
    public static void keyChanged(
            KeyArn key, RequestIndex index, Consumer<AwsItem> enqueue, Consumer<ResourceRef> trigger) {
        for (EncryptionRequest request : index.claimsOn(key)) {
            trigger.accept(request.id());
            index.authorization()
                    .tenantOf(request)
                    .ifPresent(tenant -> request.buckets().stream()
                            .filter(use -> use.key().equals(key))
                            .forEach(use -> enqueue.accept(Judge.item(request, use, tenant.identity()))));
        }
    }

    /** The snapshot of a bucket says something else. */
    public static void bucketChanged(AwsItem.Bucket bucket, RequestIndex index, Consumer<ResourceRef> trigger) {
        index.claimsOnBucket(bucket.name()).forEach(request -> trigger.accept(request.id()));
    }

    /** Those that nobody reads any more are forgotten at their next turn. */
    private void enqueueBucket(String name) {
        for (BucketRequests.Reader reader : resources.index().onBucket(name).readers()) {
            aws.enqueue(new AwsItem.Bucket(reader.identity(), reader.region(), name));
        }
    }
}
