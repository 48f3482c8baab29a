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
 * The requests on one bucket. A bucket belongs to the request that has it already. As long as none has, it belongs to the oldest one on it that
 * its tenant permits, so that nobody can block a bucket that is not theirs.
 */
final class BucketUsers {

    private final String name;

    /** By uid. */
    private final TreeMap<String, EncryptionRequest> requests = new TreeMap<>();

    private final Comparator<EncryptionRequest> order;

    /** Those to which the bucket may belong, the one to which it does first. */
    private final TreeSet<EncryptionRequest> candidates;

    BucketUsers(String name) {
        this.name = name;
        this.order = Comparator.comparing((EncryptionRequest c) -> !hasBucket(c, name))
                .thenComparing(EncryptionRequest::createdAt)
                .thenComparing(EncryptionRequest::uid);
        this.candidates = new TreeSet<>(order);
    }

    /** @param permitted whether its tenant permits all that it asks for */
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

    /** Whose the bucket is, and so all that the others on it are told. */
    record Holder(String uid, ResourceRef id) {}

    /** The request to which the bucket belongs, be it served or not; empty where it belongs to none. */
    Optional<Holder> holder() {
        return candidates.stream().findFirst().map(request -> new Holder(request.uid(), request.id()));
    }

    boolean isEmpty() {
        return requests.isEmpty();
    }

    Collection<EncryptionRequest> requests() {
        return List.copyOf(requests.values());
    }

    /** The other request to which the bucket belongs; empty where it belongs to this one, or to none. */
    Optional<EncryptionRequest> holderBesides(EncryptionRequest request) {
        // The claim at hand may be newer than the one that is known of its resource.
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
