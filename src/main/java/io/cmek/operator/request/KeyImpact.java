package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.key.KeyArn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What depends on a key of a request: the data that it encrypts, and other resources that use it. Resources of other namespaces are only counted:
 * readers of this resource may not be allowed to read those.
 *
 * @param buckets purpose and name of the request's buckets that are encrypted with the key now
 * @param storageClass the request's StorageClass, null where it is not published or has another key
 * @param databases those whose replication needs the key
 * @param sharers the first other resources of the same namespace that name the key
 * @param more how many more of the namespace do
 * @param elsewhere how many resources of other namespaces do
 */
public record KeyImpact(
        List<String> buckets,
        @Nullable String storageClass,
        List<String> databases,
        List<String> sharers,
        long more,
        long elsewhere) {

    private static final int NAMED = KeySharers.NAMED;

    public KeyImpact {
        buckets = List.copyOf(buckets);
        databases = List.copyOf(databases);
        sharers = List.copyOf(sharers);
    }

    /** @param others the other accepted requests on the key */
    public static KeyImpact of(
            EncryptionRequest request,
            KeyArn key,
            Collection<BucketUse> encrypted,
            boolean published,
            Collection<EncryptionRequest> others) {
        return of(request, key, encrypted, published, KeySharers.of(request, others));
    }

    /**
     * @param encrypted the request's buckets that are encrypted with the key now
     * @param published whether the request's StorageClass exists
     * @param others the other resources that use the key
     */
    public static KeyImpact of(
            EncryptionRequest request,
            KeyArn key,
            Collection<BucketUse> encrypted,
            boolean published,
            KeySharers others) {
        boolean replicates =
                request.keys().stream().anyMatch(use -> use.key().equals(key) && use.purpose() != Purpose.Backup);
        return new KeyImpact(
                encrypted.stream()
                        .map(bucket ->
                                (bucket.purpose() == Purpose.Backup ? "backup" : "data") + " bucket " + bucket.name())
                        .sorted()
                        .toList(),
                published
                                && request.volumes() != null
                                && request.volumes().key().equals(key)
                        ? request.volumes().storageClassName()
                        : null,
                replicates ? request.databases() : List.of(),
                others.named().stream().map(id -> id.kind() + " " + id.name()).toList(),
                others.more(),
                others.elsewhere());
    }

    /** The impact on volumes only: for a problem that affects only EBS. */
    public KeyImpact onVolumes() {
        return new KeyImpact(List.of(), storageClass, List.of(), sharers, more, elsewhere);
    }

    /** Whether nothing of the request depends on the key yet. */
    public boolean isEmpty() {
        return buckets.isEmpty() && storageClass == null && databases.isEmpty();
    }

    /**
     * The effect of an unusable key, as a sentence. Attached volumes keep working: the EC2 host holds their data key in memory until they are
     * detached.
     */
    public String sentence() {
        var parts = new ArrayList<String>();
        if (!buckets.isEmpty()) {
            parts.add(names(buckets, "") + " (objects cannot be read or written)");
        }
        if (storageClass != null) {
            parts.add("volumes of the StorageClass " + storageClass
                    + " (none can be created or attached; attached ones keep working until they are detached)");
        }
        if (!databases.isEmpty()) {
            parts.add("the replication of " + names(databases, ""));
        }
        String also = names(sharers, more, elsewhere == 0 ? "" : count(elsewhere) + " of other namespaces");
        return "Affected: " + String.join("; ", parts) + "."
                + (also.isEmpty() ? "" : " The same key is used by " + also + ".");
    }

    private static String count(long number) {
        return number == 1 ? "1 resource" : number + " resources";
    }

    private static String names(List<String> names, String last) {
        return names(names.stream().limit(NAMED).toList(), Math.max(0, names.size() - NAMED), last);
    }

    private static String names(List<String> names, long more, String last) {
        var shown = new ArrayList<>(names);
        if (more > 0) {
            shown.add(more + " more");
        }
        if (!last.isEmpty()) {
            shown.add(last);
        }
        return shown.size() < 2
                ? String.join("", shown)
                : String.join(", ", shown.subList(0, shown.size() - 1)) + " and " + shown.getLast();
    }
}
