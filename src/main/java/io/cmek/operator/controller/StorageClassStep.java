package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.cluster.StorageClassReconciler;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.VolumeUse;
import io.cmek.operator.resource.Resources;
import io.cmek.operator.storageclass.StorageClassResult;
import io.cmek.operator.storageclass.StorageClassSpec;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The reconciliation step that creates, repairs and deletes the StorageClass of a resource. */
public record StorageClassStep(
        Resources resources,
        StorageClassCache cache,
        StorageClassReconciler reconciler,
        ClusterApi api,
        EventRecorder events,
        Steps steps) {

    private static final String OUTDATED = "The resource has changed since it was read.";

    /** The cached StorageClass, null where there is none. */
    @Nullable
    StorageClassSpec find(EncryptionRequest request) {
        return request.volumes() == null ? null : cache.find(request.volumes().storageClassName());
    }

    /**
     * @param there the cached StorageClass, null where there is none
     * @param hasFinalizer whether the resource has the finalizer; without it nothing would delete the StorageClass
     */
    StorageClassResult publish(
            StoredResource resource, RequestResult result, @Nullable StorageClassSpec there, boolean hasFinalizer) {
        EncryptionRequest request = result.request();
        VolumeUse use = request.volumes();
        if (use == null) {
            return StorageClassResult.of(ConditionResult.ofTrue(
                    Reason.NotInClusterRegion,
                    "This cluster provisions no volumes for " + request.region()
                            + ", so this resource has no StorageClass."));
        }
        if (!hasFinalizer && there == null) {
            return StorageClassResult.of(ConditionResult.pending("The StorageClass " + use.storageClassName()
                    + " is published once the resource has the finalizer " + ClusterApi.FINALIZER + "."));
        }
        if (there != null && result.isBucketUnderAnotherKey()) {
            return reconciler.inspect(request.id(), use, there, "the data bucket is under another key");
        }
        return steps.run(
                request.id(),
                "the publication of its StorageClass",
                () -> isToBeWritten(result, use, there) && !isStillThere(resource)
                        ? outdated()
                        : publish(resource, result, use, there),
                why -> new StorageClassResult(
                        ConditionResult.pending("The publication of the StorageClass " + why + "."), Steps.RETRY));
    }

    private StorageClassResult publish(
            StoredResource resource, RequestResult result, VolumeUse use, @Nullable StorageClassSpec there) {
        EncryptionRequest request = result.request();
        StorageClassResult published = reconciler.publish(
                request.id(),
                use,
                there,
                result.storageClassWaitsFor(),
                new StorageClassReconciler.Before(
                        resources.index().lastApplied(request.uid()).storageClass()),
                drift -> events.repaired(request, drift));
        return there == null && published.encrypted().isTrue() && !isThere(request.id())
                ? takenBack(request, use)
                : published;
    }

    /** The resource was deleted during the creation of its StorageClass, and no status or finalizer remembers the StorageClass. */
    private StorageClassResult takenBack(EncryptionRequest request, VolumeUse use) {
        reconciler
                .withdraw(request.id())
                .ifPresent(why -> events.leftBehind(
                        request,
                        "The resource was deleted while the operator created its StorageClass " + use.storageClassName()
                                + ". Delete the StorageClass, which is no longer needed. "
                                + why.message()));
        return outdated();
    }

    private static StorageClassResult outdated() {
        return new StorageClassResult(ConditionResult.pending(OUTDATED), ResourceController.LEFT_ALONE_RETRY);
    }

    /** Whether a write is due. A different StorageClass may belong to a later resource of the same name, which a stale copy does not show. */
    private static boolean isToBeWritten(RequestResult result, VolumeUse use, @Nullable StorageClassSpec there) {
        return there == null
                ? result.storageClassWaitsFor().isEmpty()
                : !StorageClassReconciler.isInPlace(result.request().id(), use, there);
    }

    /** Deletes the StorageClass. A stale copy must not: the StorageClass may belong to a living resource of the same name. */
    Optional<Obstacle> withdraw(StoredResource resource, EncryptionRequest request) {
        if (request.volumes() == null
                && !isOwnerOf(request.id(), cache.find(VolumeUse.storageClassName(request.id())))) {
            return Optional.empty();
        }
        return steps.run(
                request.id(),
                "the deletion of its StorageClass",
                () -> isStillGoing(resource)
                        ? reconciler
                                .withdraw(request.id())
                                .map(why -> obstacle(
                                        why, reconciler.pause(request.id()).orElse(Steps.RETRY)))
                        : Optional.of(obstacle(ConditionResult.pending(OUTDATED), ResourceController.OUTDATED_RETRY)),
                why -> Optional.of(obstacle(
                        ConditionResult.pending("The deletion of its StorageClass " + why + "."), Steps.RETRY)));
    }

    /** Also a StorageClass from before a change of {@code cmek.cluster-region} is deleted. */
    private static boolean isOwnerOf(ResourceRef id, @Nullable StorageClassSpec there) {
        return there != null && there.owner().equals(Optional.of(id));
    }

    private static Obstacle obstacle(ConditionResult why, Duration retry) {
        return new Obstacle(ConditionType.VolumesEncrypted, why, retry);
    }

    private boolean isStillGoing(StoredResource resource) {
        return fresh(resource)
                .filter(r -> r.getMetadata().getDeletionTimestamp() != null)
                .isPresent();
    }

    /** A stale copy must not create a StorageClass either: nothing would delete it. */
    private boolean isStillThere(StoredResource resource) {
        boolean isGoing = resource.getMetadata().getDeletionTimestamp() != null;
        return fresh(resource)
                .filter(r -> isGoing || r.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
    }

    /** The same resource (by uid), read past the cache. */
    private Optional<? extends StoredResource> fresh(StoredResource resource) {
        return now(Resources.idOf(resource))
                .filter(r ->
                        r.getMetadata().getUid().equals(resource.getMetadata().getUid()));
    }

    /** Whether a resource with this name exists: a later one takes over the StorageClass. */
    private boolean isThere(ResourceRef id) {
        return now(id).isPresent();
    }

    private Optional<? extends StoredResource> now(ResourceRef id) {
        return id.kind().equals("Workgroup")
                ? api.workgroup(id.namespace(), id.name())
                : api.replica(id.namespace(), id.name());
    }

    void forget(ResourceRef id) {
        reconciler.forget(id);
    }
}
