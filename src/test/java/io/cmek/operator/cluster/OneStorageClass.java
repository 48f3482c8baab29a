package io.cmek.operator.cluster;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An API server with room for one StorageClass, which others may change at any time; counts the writes. */
final class OneStorageClass implements StorageClassApi {

    @Nullable
    StorageClass stored;

    /** How often one was asked for, and how often there was one to make. */
    int attempts;

    int creates;
    int deletes;

    /** What a mutating policy makes of each object that is created. */
    UnaryOperator<StorageClass> admission = made -> made;

    /** What is answered to each request, null while it is done. */
    @Nullable
    KubernetesClientException refusal;

    @Nullable
    KubernetesClientException refusedCreations;

    @Nullable
    KubernetesClientException refusedDeletions;

    enum Verb {
        CREATE,
        DELETE
    }

    /** The next request that is done, and whose answer is lost. */
    @Nullable
    Verb lost;

    /** Runs before a deletion, after the object to delete was read. */
    Runnable meanwhile = () -> {};

    private int versions;

    static KubernetesClientException error(int code, String words) {
        return new KubernetesClientException(
                "Failure executing: anything. " + words,
                code,
                new StatusBuilder().withCode(code).withMessage(words).build());
    }

    /** Somebody puts this one there, in the place of any other. */
    void put(StorageClass storageClass) {
        stored = new StorageClassBuilder(storageClass)
                .editMetadata()
                .withUid("uid-" + ++versions)
                .withResourceVersion(String.valueOf(versions))
                .endMetadata()
                .build();
    }

    @Override
    public @Nullable StorageClass get(String name) {
        refuse();
        return stored;
    }

    @Override
    public StorageClass create(StorageClass storageClass) {
        attempts++;
        refuse();
        if (refusedCreations != null) {
            throw refusedCreations;
        }
        if (stored != null) {
            throw error(409, "already exists");
        }
        creates++;
        put(admission.apply(storageClass));
        lose(Verb.CREATE);
        return Objects.requireNonNull(stored);
    }

    @Override
    public void delete(StorageClass read) {
        deletes++;
        refuse();
        if (refusedDeletions != null) {
            throw refusedDeletions;
        }
        meanwhile.run();
        if (stored == null) {
            return;
        }
        if (!stored.getMetadata().getUid().equals(read.getMetadata().getUid())
                || !stored.getMetadata()
                        .getResourceVersion()
                        .equals(read.getMetadata().getResourceVersion())) {
            throw error(409, "the precondition does not hold");
        }
        stored = null;
        lose(Verb.DELETE);
    }

    private void lose(Verb verb) {
        if (lost == verb) {
            lost = null;
            throw new KubernetesClientException("An error has occurred.", new IOException("timeout"));
        }
    }

    private void refuse() {
        if (refusal != null) {
            throw refusal;
        }
    }
}
