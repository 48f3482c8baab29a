package io.cmek.operator.index;

import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The requests on one bucket. A request that already encrypted the bucket holds it. Until then the oldest permitted request holds it, so that no
 * tenant can block another tenant's bucket.
 */
final class BucketUsers {

    private final String name;

    /** By uid. */
    private final TreeMap<String, EncryptionRequest> requests = new TreeMap<>();

    private final Comparator<EncryptionRequest> order;

    /** The requests that may hold the bucket; the first one does. */
    private final TreeSet<EncryptionRequest> candidates;

    BucketUsers(String name) {
        this.name = name;
        this.order = Comparator.comparing((EncryptionRequest c) -> !hasBucket(c, name))
                .thenComparing(EncryptionRequest::createdAt)
                .thenComparing(EncryptionRequest::uid);
        this.candidates = new TreeSet<>(order);
    }

    /** @param permitted whether its tenant permits all its keys and buckets */
    void put(EncryptionRequest request, boolean permitted) {
        remove(request.uid());
        requests.put(request.uid(), request);
        if (permitted || hasBucket(request, name)) {
            candidates.add(request);
        }
    }

    void remove(String uid) {
        EncryptionRequest before = requests.remove(uid);
        if (before != null) {
            candidates.remove(before);
        }
    }

    /** The holder of the bucket, which is all that its other requests depend on. */
    record Holder(String uid, ResourceRef id) {}

    /** The request that holds the bucket, accepted or not; empty where there is none. */
    Optional<Holder> holder() {
        return candidates.stream().findFirst().map(request -> new Holder(request.uid(), request.id()));
    }

    boolean isEmpty() {
        return requests.isEmpty();
    }

    Collection<EncryptionRequest> requests() {
        return List.copyOf(requests.values());
    }

    /** The other request that holds the bucket; empty where this one holds it, or none. */
    Optional<EncryptionRequest> holderBesides(EncryptionRequest request) {
        // The given request may be newer than the indexed one of its resource.
        return candidates.stream()
                .filter(other -> !other.uid().equals(request.uid()))
                .findFirst()
                .filter(other -> order.compare(other, request) < 0);
    }

    private static boolean hasBucket(EncryptionRequest request, String bucket) {
        for (BucketUse use : request.buckets()) {
            if (use.name().equals(bucket) && request.served().has(use)) {
                return true;
            }
        }
        return false;
    }
}
