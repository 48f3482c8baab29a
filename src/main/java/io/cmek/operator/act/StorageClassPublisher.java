package io.cmek.operator.act;

import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.volume.StorageClassSpec;
import io.cmek.operator.volume.VolumePlan;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Publishes the StorageClass of a claim, and withdraws it when the claim goes. */
public final class StorageClassPublisher {

    /** The label by which the operator finds the StorageClasses that it made. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    public static final String OPERATOR = "cmek-operator";
    public static final String OWNER_KIND = "cmek.io/owner-kind";
    public static final String OWNER_NAMESPACE = "cmek.io/owner-namespace";
    public static final String OWNER_NAME = "cmek.io/owner-name";

    /** As whom the operator applies, and as whom its client creates. */
    private static final Set<String> OURS = Set.of(OPERATOR, "fabric8-kubernetes-client");

    private final KubernetesClient client;
    private final Findings<String> findings;

    public StorageClassPublisher(KubernetesClient client, WriteObserver observer) {
        this.client = client;
        this.findings = new Findings<>(observer);
    }

    /**
     * @param seen what the cluster has under the name as far as the cache knows, null where it has nothing
     * @param keyReady whether the data key may be used: the CSI driver fails silently on a key it cannot use
     * @param before whether it was published before
     * @param repairs is told of drift that was put back
     */
    public Judgement publish(
            ClaimId owner,
            VolumeUse use,
            @Nullable StorageClassSpec seen,
            boolean keyReady,
            boolean before,
            Consumer<Drift> repairs) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        VolumePlan plan = VolumePlan.of(desired, seen);
        if (plan == VolumePlan.Update || plan == VolumePlan.Replace) {
            // Past the cache, which may not know yet what we wrote: nothing is deleted on an old view.
            StorageClass fresh = read(desired.name());
            plan = VolumePlan.of(desired, fresh == null ? null : read(fresh));
            if (before && fresh != null && plan.writes()) {
                findings.found(desired.name(), changed(desired, fresh));
            }
        }
        if (before && plan == VolumePlan.Create) {
            findings.found(desired.name(), deleted(desired));
        }
        if (plan.writes() && !keyReady) {
            return Judgement.bad(
                    Reason.WaitingForKey,
                    "The StorageClass " + desired.name() + " is published when the data key is ready.");
        }
        Judgement judgement = carryOut(plan, desired, owner, repairs);
        findings.dismissed(desired.name());
        return judgement;
    }

    private static Drift deleted(StorageClassSpec desired) {
        return new Drift(
                Drift.What.STORAGE_CLASS,
                "The StorageClass " + desired.name()
                        + " had been deleted. It was made again; volumes do not need it once they exist.",
                false);
    }

    private static Drift changed(StorageClassSpec desired, StorageClass fresh) {
        // Who wrote last is known only where it was somebody else.
        String who = fresh.getMetadata().getManagedFields() == null
                ? ""
                : fresh.getMetadata().getManagedFields().stream()
                        .filter(entry -> entry.getTime() != null && entry.getManager() != null)
                        // Times are whole seconds: within one, the other came last, or nothing would differ.
                        .max(Comparator.comparing(ManagedFieldsEntry::getTime)
                                .thenComparing(entry -> !OURS.contains(entry.getManager())))
                        .filter(entry -> !OURS.contains(entry.getManager()))
                        .map(entry -> " by '" + entry.getManager() + "' at " + entry.getTime())
                        .orElse("");
        return new Drift(
                Drift.What.STORAGE_CLASS,
                "The StorageClass " + desired.name() + " had been changed" + who + ": "
                        + String.join(", ", desired.differences(read(fresh))) + ". It was put back as it was.",
                false);
    }

    /** Deletes the StorageClass of a claim that goes. Volumes that exist do not need it. */
    public void withdraw(Claim claim) {
        if (claim.volumes() == null) {
            return;
        }
        findings.dismissed(claim.volumes().storageClassName());
        StorageClass current = read(claim.volumes().storageClassName());
        if (current != null && read(current).owner().equals(claim.id().toString())) {
            client.resource(current).delete();
        }
    }

    private @Nullable StorageClass read(String name) {
        return client.storage().v1().storageClasses().withName(name).get();
    }

    private Judgement carryOut(VolumePlan plan, StorageClassSpec desired, ClaimId owner, Consumer<Drift> repairs) {
        return switch (plan) {
            case Nothing -> published(desired);
            case Refuse ->
                Judgement.bad(
                        Reason.StorageClassConflict,
                        "The StorageClass " + desired.name()
                                + " exists and is not this resource's. Delete it, if nobody needs it.");
            case Create -> create(desired, owner, repairs);
            case Update -> {
                client.resource(write(desired, owner))
                        .patch(new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(OPERATOR)
                                .withForce(true)
                                .build());
                findings.repaired(desired.name()).ifPresent(repairs);
                yield published(desired);
            }
            case Replace -> {
                client.storage().v1().storageClasses().withName(desired.name()).delete();
                yield create(desired, owner, repairs);
            }
        };
    }

    private Judgement create(StorageClassSpec desired, ClaimId owner, Consumer<Drift> repairs) {
        try {
            client.resource(write(desired, owner)).create();
            findings.repaired(desired.name()).ifPresent(repairs);
            return published(desired);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            StorageClass present = read(desired.name());
            StorageClassSpec seen = present == null ? null : read(present);
            // The informer was behind: the StorageClass is there already, or it is somebody else's.
            return seen != null && VolumePlan.of(desired, seen) == VolumePlan.Nothing
                    ? published(desired)
                    : carryOut(VolumePlan.Refuse, desired, owner, repairs);
        }
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
