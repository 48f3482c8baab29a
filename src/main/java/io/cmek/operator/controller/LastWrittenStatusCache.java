package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The status that was last written of each resource: a cached copy may be older than that, and what is computed from it would be refused. And an
 * event that tells of it is no news.
 */
public final class LastWrittenStatusCache {

    /**
     * @param status its hash
     * @param version that the resource has had since
     */
    private record Written(int status, String version) {}

    /** By uid. */
    private final Map<String, Written> written = new ConcurrentSkipListMap<>();

    void wrote(StoredResource resource, CmekStatus status, String version) {
        written.put(resource.getMetadata().getUid(), new Written(status.hashCode(), version));
    }

    /** The resource says already what there is to say. */
    void stands(StoredResource resource, CmekStatus status) {
        written.compute(
                resource.getMetadata().getUid(),
                (uid, last) -> last == null
                        ? new Written(status.hashCode(), resource.getMetadata().getResourceVersion())
                        : new Written(status.hashCode(), last.version()));
    }

    /** Whether the cache has not caught up with the last write yet. */
    boolean isNewerThan(StoredResource resource) {
        Written last = written.get(resource.getMetadata().getUid());
        try {
            return last != null
                    && Long.parseLong(resource.getMetadata().getResourceVersion()) < Long.parseLong(last.version());
        } catch (NumberFormatException e) {
            // The API server refuses a status over a version that is not the newest.
            return false;
        }
    }

    /** Whether the status is the one that was last written. */
    public boolean isLast(StoredResource resource, @Nullable CmekStatus status) {
        Written last = written.get(resource.getMetadata().getUid());
        return last != null && status != null && status.hashCode() == last.status();
    }

    /** Whether somebody else has written the status since this process did. */
    boolean isOverwritten(StoredResource resource, @Nullable CmekStatus status) {
        return written.containsKey(resource.getMetadata().getUid()) && !isLast(resource, status);
    }

    void forget(String uid) {
        written.remove(uid);
    }

    /** Whether nothing is kept: for tests of what is evicted. */
    boolean isEmpty() {
        return written.isEmpty();
    }
}
