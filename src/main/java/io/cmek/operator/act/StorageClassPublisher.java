package io.cmek.operator.act;

import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.volume.StorageClassSpec;
import io.cmek.operator.volume.VolumePlan;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Publishes the StorageClass of a claim, and withdraws it when the claim goes. */
public final class StorageClassPublisher {

    /** The label by which the operator finds the StorageClasses that it made. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    public static final String OPERATOR = "cmek-operator";
    public static final String OWNER_KIND = "cmek.io/owner-kind";
    public static final String OWNER_NAMESPACE = "cmek.io/owner-namespace";
    public static final String OWNER_NAME = "cmek.io/owner-name";

    private final KubernetesClient client;
    private final WriteObserver observer;

    /** By name, those that were seen to be as they should. */
    private final Set<String> inPlace = ConcurrentHashMap.newKeySet();

    public StorageClassPublisher(KubernetesClient client, WriteObserver observer) {
        this.client = client;
        this.observer = observer;
    }

    /**
     * @param current what the cluster has under the name, null where it has nothing
     * @param keyReady whether the data key may be used: the CSI driver fails silently on a key it cannot use
     */
    public Judgement publish(ClaimId owner, VolumeUse use, @Nullable StorageClassSpec current, boolean keyReady) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        VolumePlan plan = VolumePlan.of(desired, current);
        return plan.writes() && !keyReady
                ? Judgement.bad(
                        Reason.WaitingForKey,
                        "The StorageClass " + desired.name() + " is published when the data key is ready.")
                : carryOut(plan, desired, owner);
    }

    /** Deletes the StorageClass of a claim that goes. Volumes that exist do not need it. */
    public void withdraw(Claim claim) {
        if (claim.volumes() == null) {
            return;
        }
        inPlace.remove(claim.volumes().storageClassName());
        StorageClass current = client.storage()
                .v1()
                .storageClasses()
                .withName(claim.volumes().storageClassName())
                .get();
        if (current != null && read(current).owner().equals(claim.id().toString())) {
            client.resource(current).delete();
        }
    }

    private Judgement carryOut(VolumePlan plan, StorageClassSpec desired, ClaimId owner) {
        return switch (plan) {
            case Nothing -> {
                inPlace.add(desired.name());
                yield published(desired);
            }
            case Refuse ->
                Judgement.bad(
                        Reason.StorageClassConflict,
                        "The StorageClass " + desired.name()
                                + " exists and is not this resource's. Delete it, if nobody needs it.");
            case Create -> create(desired, owner);
            case Update -> {
                client.resource(write(desired, owner))
                        .patch(new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(OPERATOR)
                                .withForce(true)
                                .build());
                yield repaired(desired);
            }
            case Replace -> {
                client.storage().v1().storageClasses().withName(desired.name()).delete();
                inPlace.add(desired.name());
                yield create(desired, owner);
            }
        };
    }

    private Judgement create(StorageClassSpec desired, ClaimId owner) {
        try {
            client.resource(write(desired, owner)).create();
            return inPlace.add(desired.name()) ? published(desired) : repaired(desired);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            StorageClass present = client.storage()
                    .v1()
                    .storageClasses()
                    .withName(desired.name())
                    .get();
            StorageClassSpec seen = present == null ? null : read(present);
            // The informer was behind: the StorageClass is there already, or it is somebody else's.
            return seen != null && VolumePlan.of(desired, seen) == VolumePlan.Nothing
                    ? published(desired)
                    : carryOut(VolumePlan.Refuse, desired, owner);
        }
    }

    private Judgement repaired(StorageClassSpec spec) {
        observer.repaired(WriteObserver.Thing.STORAGECLASS, spec.name());
        return published(spec);
    }

    private static Judgement published(StorageClassSpec spec) {
        return Judgement.good(
                Reason.VolumesEncrypted,
                "Volumes of the StorageClass " + spec.name() + " are encrypted with "
                        + spec.parameters().get("kmsKeyId") + ".");
    }

    private static StorageClass write(StorageClassSpec spec, ClaimId owner) {
        return new StorageClassBuilder()
                .withNewMetadata()
                .withName(spec.name())
                .withLabels(Map.of(
                        MANAGED_BY, OPERATOR,
                        OWNER_KIND, owner.kind(),
                        OWNER_NAMESPACE, owner.namespace(),
                        OWNER_NAME, owner.name()))
                .endMetadata()
                .withProvisioner(spec.provisioner())
                .withParameters(spec.parameters())
                .withReclaimPolicy(spec.reclaimPolicy())
                .withVolumeBindingMode(spec.volumeBindingMode())
                .withAllowVolumeExpansion(spec.allowVolumeExpansion())
                .build();
    }

    /** A StorageClass of the cluster, as far as the operator cares. */
    public static StorageClassSpec read(StorageClass storageClass) {
        return new StorageClassSpec(
                storageClass.getMetadata().getName(),
                owner(storageClass),
                storageClass.getProvisioner(),
                Objects.requireNonNullElse(storageClass.getParameters(), Map.of()),
                Objects.requireNonNullElse(storageClass.getReclaimPolicy(), ""),
                Objects.requireNonNullElse(storageClass.getVolumeBindingMode(), ""),
                Boolean.TRUE.equals(storageClass.getAllowVolumeExpansion()));
    }

    private static String owner(StorageClass storageClass) {
        Map<String, String> labels =
                Objects.requireNonNullElse(storageClass.getMetadata().getLabels(), Map.of());
        return OPERATOR.equals(labels.get(MANAGED_BY))
                        && labels.containsKey(OWNER_KIND)
                        && labels.containsKey(OWNER_NAMESPACE)
                        && labels.containsKey(OWNER_NAME)
                ? new ClaimId(labels.get(OWNER_KIND), labels.get(OWNER_NAMESPACE), labels.get(OWNER_NAME)).toString()
                : "";
    }
}
