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

/** The step of a reconciliation that keeps the StorageClass of the resource: it is made, put right, and deleted with the resource. */
public record StorageClassStep(
        Resources resources,
        StorageClassCache cache,
        StorageClassReconciler publisher,
        ClusterApi api,
        EventRecorder events,
        Steps steps) {

    private static final String OUTDATED = "The resource has changed since it was read.";

    /** As the cache has it; null where there is none. */
    @Nullable
    StorageClassSpec find(EncryptionRequest request) {
        return request.volumes() == null ? null : cache.find(request.volumes().storageClassName());
    }

    /**
     * @param there as the cache has it
     * @param hasFinalizer whether the resource has it; without, nothing is made that nobody would take away again
     */
    StorageClassResult publish(
            StoredResource resource, RequestResult assessment, @Nullable StorageClassSpec there, boolean hasFinalizer) {
        EncryptionRequest request = assessment.request();
        VolumeUse use = request.volumes();
        if (use == null) {
            return StorageClassResult.of(ConditionResult.ofTrue(
                    Reason.NotInClusterRegion,
                    "This cluster makes no volumes for region " + request.region() + ", so it has no StorageClass."));
        }
        if (!hasFinalizer && there == null) {
            return StorageClassResult.of(ConditionResult.pending("The StorageClass " + use.storageClassName()
                    + " is published when the finalizer " + ClusterApi.FINALIZER + " is on the resource."));
        }
        if (there != null && assessment.isBucketUnderAnotherKey()) {
            return publisher.inspect(request.id(), use, there, "the data bucket is under another key");
        }
        return steps.run(
                request.id(),
                "the publication of its StorageClass",
                () -> isToBeWritten(assessment, use, there) && !isStillThere(resource)
                        ? outdated()
                        : publish(resource, assessment, use, there),
                why -> new StorageClassResult(
                        ConditionResult.pending("The publication of the StorageClass " + why + "."), Steps.RETRY));
    }

    private StorageClassResult publish(
            StoredResource resource, RequestResult assessment, VolumeUse use, @Nullable StorageClassSpec there) {
        EncryptionRequest request = assessment.request();
        StorageClassResult published = publisher.publish(
                request.id(),
                use,
                there,
                assessment.storageClassWaitsFor(),
                new StorageClassReconciler.Before(
                        resources.index().lastApplied(request.uid()).storageClass()),
                drift -> events.repaired(request, drift));
        return there == null && published.encrypted().isTrue() && !isThere(request.id())
                ? takenBack(request, use)
                : published;
    }

    /** The resource went while the StorageClass was made, and nothing of it reminds the operator of that. */
    private StorageClassResult takenBack(EncryptionRequest request, VolumeUse use) {
        publisher
                .withdraw(request.id())
                .ifPresent(why -> events.leftBehind(
                        request,
                        "While the operator made the StorageClass " + use.storageClassName()
                                + ", the resource was deleted. Delete the StorageClass, which is of no use now. "
                                + why.message()));
        return outdated();
    }

    private static StorageClassResult outdated() {
        return new StorageClassResult(ConditionResult.pending(OUTDATED), ResourceController.LEFT_ALONE_RETRY);
    }

    /** A StorageClass that is not as the resource wants it may be that of a later resource of the name, which an old copy does not show. */
    private static boolean isToBeWritten(RequestResult assessment, VolumeUse use, @Nullable StorageClassSpec there) {
        return there == null
                ? assessment.storageClassWaitsFor().isEmpty()
                : !StorageClassReconciler.isInPlace(assessment.request().id(), use, there);
    }

    /** Nothing is withdrawn on an old copy: the StorageClass may be that of a resource of the same name that lives. */
    Optional<Obstacle> withdraw(StoredResource resource, EncryptionRequest request) {
        if (request.volumes() == null
                && !isOwnerOf(request.id(), cache.find(VolumeUse.storageClassName(request.id())))) {
            return Optional.empty();
        }
        return steps.run(
                request.id(),
                "the deletion of its StorageClass",
                () -> isStillGoing(resource)
                        ? publisher
                                .withdraw(request.id())
                                .map(why -> obstacle(
                                        why, publisher.pause(request.id()).orElse(Steps.RETRY)))
                        : Optional.of(obstacle(ConditionResult.pending(OUTDATED), ResourceController.OUTDATED_RETRY)),
                why -> Optional.of(obstacle(
                        ConditionResult.pending("The deletion of its StorageClass " + why + "."), Steps.RETRY)));
    }

    /** One that was made before this cluster was said to be of another region goes, too. */
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

    /** Nothing is made on an old copy either: nobody would take it away again. */
    private boolean isStillThere(StoredResource resource) {
        boolean isGoing = resource.getMetadata().getDeletionTimestamp() != null;
        return fresh(resource)
                .filter(r -> isGoing || r.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
    }

    /** This very resource as it is now, past the cache. */
    private Optional<? extends StoredResource> fresh(StoredResource resource) {
        return now(Resources.idOf(resource))
                .filter(r ->
                        r.getMetadata().getUid().equals(resource.getMetadata().getUid()));
    }

    /** Whether any resource has the name: a later one takes the StorageClass over. */
    private boolean isThere(ResourceRef id) {
        return now(id).isPresent();
    }

    private Optional<? extends StoredResource> now(ResourceRef id) {
        return id.kind().equals("Workgroup")
                ? api.workgroup(id.namespace(), id.name())
                : api.replica(id.namespace(), id.name());
    }

    void forget(ResourceRef id) {
        publisher.forget(id);
    }
}
