package io.cmek.operator.inventory;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Unreadable;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.Claims;
import io.cmek.operator.claim.UnreadableClaim;
import io.cmek.operator.key.KeyArn;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The claims of all resources of the shard, read from the caches that the reconcilers keep anyway, and found by an index; and the way to
 * have those resources reconciled again.
 */
public final class LiveClaims implements Claims {

    private static final String BY_KEY = "cmek-key";
    private static final String BY_BUCKET = "cmek-bucket";
    private static final String BY_WORKGROUP = "cmek-workgroup";
    private static final String BY_UNREADABLE_KEY = "cmek-unreadable-key";

    /** In that index: every object that cannot be read. */
    private static final String ALL = "all";

    /** In that index: an object that names more keys than are kept of it. */
    private static final String ANY_KEY = "any";

    private final Optional<String> clusterRegion;
    private final Shard shard;
    private volatile @Nullable Source<Workgroup> workgroups;
    private volatile @Nullable Source<ReplicaCmek> replicas;

    /** @param clusterRegion the setting {@code cmek.cluster-region} */
    public LiveClaims(Optional<String> clusterRegion, Shard shard) {
        this.clusterRegion = clusterRegion;
        this.shard = shard;
    }

    private record Source<R extends CustomResource<?, ? extends CmekStatus> & StoredResource>(
            IndexerResourceCache<R> cache, SimpleInboundEventSource<R> triggers) {

        Stream<R> find(String index, String value) {
            return cache.byIndex(index, value).stream();
        }

        Stream<R> readable() {
            return cache.list().filter(NotUnderstood::isReadable);
        }

        int trigger(Predicate<? super R> which) {
            List<R> resources = readable().filter(which).toList();
            resources.forEach(r -> triggers.propagateEvent(ResourceID.fromResource(r)));
            return resources.size();
        }
    }

    /** Adds the Workgroups. To be called before the cache is filled. */
    public void addWorkgroups(IndexerResourceCache<Workgroup> cache, SimpleInboundEventSource<Workgroup> triggers) {
        index(cache, triggers, workgroup -> WorkgroupClaim.of(workgroup, false, clusterRegion));
        workgroups = new Source<>(cache, triggers);
    }

    /** Adds the ReplicaCmeks. To be called before the cache is filled. */
    public void addReplicas(IndexerResourceCache<ReplicaCmek> cache, SimpleInboundEventSource<ReplicaCmek> triggers) {
        // Without its Workgroup: an index cannot depend on another resource. The primary's key is found through the
        // Workgroup, and through the status where that is missing.
        index(cache, triggers, replica -> ReplicaClaim.of(replica, null, clusterRegion, shard));
        cache.addIndexer(
                BY_WORKGROUP,
                whereReadable(r -> List.of(path(
                        r.getMetadata().getNamespace(),
                        r.getSpec().workgroupRef().name()))));
        replicas = new Source<>(cache, triggers);
    }

    private static <R extends StoredResource> void index(
            IndexerResourceCache<R> cache,
            SimpleInboundEventSource<R> triggers,
            java.util.function.Function<R, Claim> claimOf) {
        cache.addIndexer(
                BY_KEY,
                whereReadable(r -> claimOf.apply(r).distinctKeys().stream()
                        .map(KeyArn::toString)
                        .toList()));
        cache.addIndexer(
                BY_BUCKET,
                whereReadable(r ->
                        claimOf.apply(r).buckets().stream().map(b -> b.name()).toList()));
        cache.addIndexer(BY_UNREADABLE_KEY, LiveClaims::keysOfUnreadable);
    }

    private static <R extends StoredResource> java.util.function.Function<R, List<String>> whereReadable(
            java.util.function.Function<R, List<String>> index) {
        return r -> NotUnderstood.isReadable(r) ? index.apply(r) : List.of();
    }

    private static List<String> keysOfUnreadable(StoredResource resource) {
        if (NotUnderstood.isReadable(resource)) {
            return List.of();
        }
        Unreadable unreadable = resource.unreadable();
        Stream<String> keys =
                unreadable == null || unreadable.namesMore() ? Stream.of(ANY_KEY) : unreadable.keyArns().stream();
        return Stream.concat(Stream.of(ALL), keys).toList();
    }

    public Claim claimOf(Workgroup workgroup) {
        boolean held = workgroup.isMarkedForDeletion()
                && (SecondaryRegion.isKept(workgroup, replicasOf(workgroup))
                        || NotUnderstood.holds(workgroup).isPresent());
        return WorkgroupClaim.of(workgroup, held, clusterRegion);
    }

    public Claim claimOf(ReplicaCmek replica) {
        return claimOf(replica, workgroupOf(replica));
    }

    /** @param workgroup the one that the ReplicaCmek names, as the caller knows it */
    public Claim claimOf(ReplicaCmek replica, Optional<Workgroup> workgroup) {
        boolean served = shard.selector().isEmpty() || workgroupOf(replica).isPresent();
        return ReplicaClaim.of(replica, workgroup.filter(w -> served).orElse(null), clusterRegion, shard);
    }

    @Override
    public Collection<UnreadableClaim> unreadableOn(KeyArn key) {
        return Stream.of(key.toString(), ANY_KEY)
                .flatMap(this::unreadable)
                .map(resource -> new UnreadableClaim(
                        resource.getMetadata().getNamespace(),
                        resource.unreadable() == null || resource.unreadable().served()))
                .toList();
    }

    /** The stored objects that this version cannot read. */
    public Stream<StoredResource> unreadable() {
        return unreadable(ALL);
    }

    private Stream<StoredResource> unreadable(String which) {
        return Stream.concat(workgroups(BY_UNREADABLE_KEY, which), replicas(BY_UNREADABLE_KEY, which));
    }

    private Optional<Workgroup> workgroupOf(ReplicaCmek replica) {
        Source<Workgroup> known = workgroups;
        return known == null
                ? Optional.empty()
                : known.cache()
                        .get(new ResourceID(
                                replica.getSpec().workgroupRef().name(),
                                replica.getMetadata().getNamespace()));
    }

    private List<ReplicaCmek> replicasOf(Workgroup workgroup) {
        return replicas(
                        BY_WORKGROUP,
                        path(
                                workgroup.getMetadata().getNamespace(),
                                workgroup.getMetadata().getName()))
                .toList();
    }

    @Override
    public Collection<Claim> onKey(KeyArn key) {
        List<Workgroup> naming = workgroups(BY_KEY, key.toString()).toList();
        Stream<ReplicaCmek> replicating =
                naming.stream().filter(w -> isDataKeyOf(w, key)).flatMap(w -> replicasOf(w).stream());
        Stream<ReplicaCmek> own = replicas(BY_KEY, key.toString());
        return Stream.concat(
                        naming.stream().map(this::claimOf),
                        Stream.concat(own, replicating)
                                .collect(java.util.stream.Collectors.toMap(
                                        ResourceID::fromResource, r -> r, (a, b) -> a, java.util.LinkedHashMap::new))
                                .values()
                                .stream()
                                .map(this::claimOf))
                // The status of a ReplicaCmek may name the key of an earlier Workgroup of the same name.
                .filter(claim -> claim.uses(key))
                .toList();
    }

    /** Whether more than one resource may use the key. */
    boolean isShared(KeyArn key) {
        return Stream.concat(
                                workgroups(BY_KEY, key.toString())
                                        .flatMap(w -> isDataKeyOf(w, key)
                                                ? Stream.concat(Stream.of(w), replicasOf(w).stream())
                                                : Stream.of(w)),
                                replicas(BY_KEY, key.toString()))
                        .limit(2)
                        .count()
                > 1;
    }

    /** The claim of a Workgroup or a ReplicaCmek. */
    Optional<Claim> find(HasMetadata resource) {
        return switch (resource) {
            case Workgroup workgroup -> Optional.of(claimOf(workgroup));
            case ReplicaCmek replica -> Optional.of(claimOf(replica));
            default -> Optional.empty();
        };
    }

    @Override
    public Collection<Claim> onBucket(String bucket) {
        return Stream.concat(
                        workgroups(BY_BUCKET, bucket).map(this::claimOf),
                        replicas(BY_BUCKET, bucket).map(this::claimOf))
                .toList();
    }

    /** Has every resource that names the key reconciled. */
    public void trigger(KeyArn key) {
        onKey(key).forEach(this::trigger);
    }

    /** Has every resource that names the bucket reconciled. */
    public void triggerBucket(String bucket) {
        onBucket(bucket).forEach(this::trigger);
    }

    private void trigger(Claim claim) {
        var id = new ResourceID(claim.id().name(), claim.id().namespace());
        Source<?> source = claim.id().kind().equals("Workgroup") ? workgroups : replicas;
        if (source != null) {
            source.triggers().propagateEvent(id);
        }
    }

    /**
     * Has every resource that meets the test reconciled.
     *
     * @return how many these are
     */
    public int triggerAll(Predicate<HasMetadata> which) {
        return sources().mapToInt(source -> source.trigger(which)).sum();
    }

    /** Every resource that can be read, as the caches have it; not to be changed. */
    public Stream<CustomResource<?, ? extends CmekStatus>> resources() {
        return sources().flatMap(Source::readable);
    }

    private Stream<Source<?>> sources() {
        return Stream.of(Optional.ofNullable(workgroups), Optional.ofNullable(replicas))
                .flatMap(Optional::stream);
    }

    private Stream<Workgroup> workgroups(String index, String value) {
        Source<Workgroup> known = workgroups;
        return known == null ? Stream.empty() : known.find(index, value);
    }

    private Stream<ReplicaCmek> replicas(String index, String value) {
        Source<ReplicaCmek> known = replicas;
        return known == null ? Stream.empty() : known.find(index, value);
    }

    private static boolean isDataKeyOf(Workgroup workgroup, KeyArn key) {
        return workgroup.getSpec().cmek() != null
                && workgroup.getSpec().cmek().dataBucketKeyID().equals(key.toString());
    }

    private static String path(String namespace, String name) {
        return namespace + "/" + name;
    }
}
