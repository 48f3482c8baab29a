package io.cmek.operator.cluster;

import io.fabric8.kubernetes.api.model.storage.StorageClass;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the API server for StorageClasses, without retries. They throw {@link
 * io.fabric8.kubernetes.client.KubernetesClientException}.
 */
public interface StorageClassApi {

    /** Reads the StorageClass and bypasses every cache; null if it does not exist. */
    @Nullable
    StorageClass get(String name);

    /** @return the StorageClass as stored: a mutating admission webhook can change it */
    StorageClass create(StorageClass storageClass);

    /**
     * Deletes the StorageClass with uid and resourceVersion as preconditions: neither a recreated nor a changed object is deleted. A StorageClass that
     * does not exist is not an error.
     *
     * @param read the StorageClass as read, with uid and resourceVersion
     */
    void delete(StorageClass read);
}
