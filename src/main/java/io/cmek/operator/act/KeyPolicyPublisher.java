package io.cmek.operator.act;

import io.cmek.operator.claim.KeyPolicyFiles;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ReplaceDeletable;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives the owners of keys what they are to write, in the ConfigMap {@code <name>-key-policy} beside the resource. A Workgroup and a
 * ReplicaCmek of the same name share it: each has its own files and its own owner reference, and writes only over the version that it saw.
 * A ConfigMap of that name that is somebody else's is never touched.
 */
public final class KeyPolicyPublisher {

    /** The labels by which the operator finds the ConfigMaps that it made. */
    public static final Map<String, String> LABELS =
            Map.of(StorageClassPublisher.MANAGED_BY, StorageClassPublisher.OPERATOR, "cmek.io/content", "key-policy");

    private static final int UNPROCESSABLE = 422;

    private final KubernetesClient client;

    public KeyPolicyPublisher(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Makes the ConfigMap have these files of the owner, and no others of it; where there are none, takes back what was published.
     *
     * @param seen the ConfigMap as far as the cache knows, null where there is none of ours
     * @return a sentence about what is in the way; empty where nothing is
     * @throws KubernetesClientException with 409 where somebody wrote it meanwhile
     */
    public Optional<String> publish(HasMetadata owner, KeyPolicyFiles files, @Nullable ConfigMap seen) {
        if (seen == null && files.isEmpty()) {
            return Optional.empty();
        }
        try {
            return seen == null ? create(owner, files) : revise(owner, files, seen);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN && e.getCode() != UNPROCESSABLE) {
                throw e;
            }
            return Optional.of("The ConfigMap "
                    + KeyPolicyFiles.configMapOf(owner.getMetadata().getName())
                    + ", which is to have the whole documents, could not be written: "
                    + (e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage()) + ".");
        }
    }

    private Optional<String> create(HasMetadata owner, KeyPolicyFiles files) {
        var empty = new ConfigMapBuilder()
                .withNewMetadata()
                .withName(KeyPolicyFiles.configMapOf(owner.getMetadata().getName()))
                .withNamespace(owner.getMetadata().getNamespace())
                .endMetadata()
                .build();
        try {
            client.resource(revised(owner, files, empty)).create();
            return Optional.empty();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            ConfigMap present = client.resource(empty).get();
            if (present == null) {
                throw e;
            }
            // The informer was behind, or somebody took our labels away; else it is somebody else's.
            return isOurs(present, owner)
                    ? revise(owner, files, present)
                    : Optional.of(
                            "The ConfigMap " + present.getMetadata().getName()
                                    + " is not the operator's and was left as it is: delete or rename it, and the whole documents will be there.");
        }
    }

    private Optional<String> revise(HasMetadata owner, KeyPolicyFiles files, ConfigMap seen) {
        ConfigMap revised = revised(owner, files, seen);
        if (revised.getData().isEmpty()) {
            locked(seen).delete();
        } else if (Boolean.TRUE.equals(seen.getImmutable()) && !revised.equals(seen)) {
            locked(seen).delete();
            revised.getMetadata().setResourceVersion(null);
            revised.getMetadata().setUid(null);
            revised.setImmutable(null);
            client.resource(revised).create();
        } else if (!revised.equals(seen)) {
            client.resource(revised)
                    .lockResourceVersion(seen.getMetadata().getResourceVersion())
                    .update();
        }
        return Optional.empty();
    }

    private ReplaceDeletable<ConfigMap> locked(ConfigMap seen) {
        return client.resource(seen).lockResourceVersion(seen.getMetadata().getResourceVersion());
    }

    private static ConfigMap revised(HasMetadata owner, KeyPolicyFiles files, ConfigMap current) {
        var data = new HashMap<String, String>(Objects.requireNonNullElse(current.getData(), Map.of()));
        data.keySet().removeIf(file -> KeyPolicyFiles.isOf(owner.getKind(), file));
        data.putAll(files.entries());
        var labels = new HashMap<String, String>(
                Objects.requireNonNullElse(current.getMetadata().getLabels(), Map.of()));
        labels.putAll(LABELS);
        return new ConfigMapBuilder(current)
                .editMetadata()
                .withLabels(labels)
                .withOwnerReferences(owners(owner, !files.isEmpty(), current))
                .endMetadata()
                .withData(data)
                .build();
    }

    /** An older resource of the same kind and name is gone, whatever the garbage collector has got to. */
    private static List<OwnerReference> owners(HasMetadata owner, boolean owns, ConfigMap current) {
        var owners = new ArrayList<OwnerReference>();
        boolean known = false;
        for (OwnerReference reference : current.getMetadata().getOwnerReferences()) {
            if (!reference.getKind().equals(owner.getKind())
                    || !reference.getName().equals(owner.getMetadata().getName())) {
                owners.add(reference);
            } else if (owns && reference.getUid().equals(owner.getMetadata().getUid())) {
                owners.add(reference);
                known = true;
            }
        }
        if (owns && !known) {
            owners.add(new OwnerReferenceBuilder()
                    .withApiVersion(owner.getApiVersion())
                    .withKind(owner.getKind())
                    .withName(owner.getMetadata().getName())
                    .withUid(owner.getMetadata().getUid())
                    .build());
        }
        return owners;
    }

    private static boolean isOurs(ConfigMap present, HasMetadata owner) {
        Map<String, String> labels =
                Objects.requireNonNullElse(present.getMetadata().getLabels(), Map.of());
        return labels.entrySet().containsAll(LABELS.entrySet())
                || present.getMetadata().getOwnerReferences().stream()
                        .anyMatch(reference ->
                                reference.getUid().equals(owner.getMetadata().getUid()));
    }
}
