package io.cmek.operator.cluster;

import io.fabric8.kubernetes.api.model.storage.StorageClass;
import org.jspecify.annotations.Nullable;

/**
 * What the operator asks the API server about StorageClasses, each one request. Failures are {@link
 * io.fabric8.kubernetes.client.KubernetesClientException}s.
 */
public interface StorageClassApi {

    /** As it is now, past every cache; null where there is none. */
    @Nullable
    StorageClass get(String name);

    /** @return what is stored: admission may have changed it */
    StorageClass create(StorageClass storageClass);

    /**
     * Deletes this very object: no other of the same name, and none that was changed since it was read. One that is gone is no failure.
     *
     * @param read with its uid and resourceVersion
     */
    void delete(StorageClass read);
}
