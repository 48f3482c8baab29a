package io.cmek.operator.cluster;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import org.jspecify.annotations.Nullable;

/** {@link StorageClassApi} on the fabric8 client. */
public record ClusterStorageClasses(KubernetesClient client) implements StorageClassApi {

    private static final String PATH = "/apis/storage.k8s.io/v1/storageclasses/";

    @Override
    public @Nullable StorageClass get(String name) {
        return client.storage().v1().storageClasses().withName(name).get();
    }

    @Override
    public StorageClass create(StorageClass storageClass) {
        return client.resource(storageClass).create();
    }

    @Override
    public void delete(StorageClass read) {
        var metadata = read.getMetadata();
        try {
            // The delete() of the client has no uid precondition.
            client.raw(
                    PATH + metadata.getName(),
                    "DELETE",
                    new DeleteOptionsBuilder()
                            .withNewPreconditions(metadata.getResourceVersion(), metadata.getUid())
                            .build());
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }
}
