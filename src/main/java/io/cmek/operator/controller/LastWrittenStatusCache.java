package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The last written status of each resource. A cached resource with an older version is stale: the API server refuses a status computed from it. A
 * watch event that only shows our own write triggers no reconciliation.
 */
public final class LastWrittenStatusCache {

    /**
     * @param status the hash of the written status
     * @param version the resourceVersion after that write
     */
    private record Written(int status, String version) {}

    /** By uid. */
    private final Map<String, Written> written = new ConcurrentSkipListMap<>();

    void wrote(StoredResource resource, CmekStatus status, String version) {
        written.put(resource.getMetadata().getUid(), new Written(status.hashCode(), version));
    }

    /** The stored status is already the computed one. */
    void stands(StoredResource resource, CmekStatus status) {
        written.compute(
                resource.getMetadata().getUid(),
                (uid, last) -> last == null
                        ? new Written(status.hashCode(), resource.getMetadata().getResourceVersion())
                        : new Written(status.hashCode(), last.version()));
    }

    /** Whether the informer cache is older than the last write. */
    boolean isNewerThan(StoredResource resource) {
        Written last = written.get(resource.getMetadata().getUid());
        try {
            return last != null
                    && Long.parseLong(resource.getMetadata().getResourceVersion()) < Long.parseLong(last.version());
        } catch (NumberFormatException e) {
            // Where versions cannot be compared, the API server still refuses a write over a stale version.
            return false;
        }
    }

    /** Whether the status is the one that was last written. */
    public boolean isLast(StoredResource resource, @Nullable CmekStatus status) {
        Written last = written.get(resource.getMetadata().getUid());
        return last != null && status != null && status.hashCode() == last.status();
    }

    /** Whether another writer has changed the status since the last write of this process. */
    boolean isOverwritten(StoredResource resource, @Nullable CmekStatus status) {
        return written.containsKey(resource.getMetadata().getUid()) && !isLast(resource, status);
    }

    void forget(String uid) {
        written.remove(uid);
    }

    /** Whether the cache is empty: for tests of its eviction. */
    boolean isEmpty() {
        return written.isEmpty();
    }
}
