package io.cmek.operator.runtime;

import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.Claims;
import io.cmek.operator.key.KeyArn;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The claims of all resources in the cluster, read from the caches that the reconcilers keep anyway, and found by an index; and the way to
 * have those resources reconciled again.
 */
@ApplicationScoped
public class LiveClaims implements Claims {

    private static final String BY_KEY = "cmek-key";
    private static final String BY_BUCKET = "cmek-bucket";

    private final List<Source<?>> sources = new CopyOnWriteArrayList<>();

    private record Source<R extends HasMetadata>(
            IndexerResourceCache<R> cache, Function<R, Claim> claimOf, SimpleInboundEventSource<R> triggers) {

        Stream<Claim> find(String index, String value) {
            return cache.byIndex(index, value).stream().map(claimOf);
        }

        void trigger(String index, String value) {
            cache.byIndex(index, value).forEach(r -> triggers.propagateEvent(ResourceID.fromResource(r)));
        }

        void triggerAll(Predicate<HasMetadata> which) {
            cache.list().filter(which).forEach(r -> triggers.propagateEvent(ResourceID.fromResource(r)));
        }
    }

    /** Adds the resources of one kind. To be called before its cache is filled. */
    public <R extends HasMetadata> void add(
            IndexerResourceCache<R> cache, Function<R, Claim> claimOf, SimpleInboundEventSource<R> triggers) {
        cache.addIndexer(
                BY_KEY,
                r -> claimOf.apply(r).distinctKeys().stream()
                        .map(KeyArn::toString)
                        .toList());
        cache.addIndexer(
                BY_BUCKET,
                r -> claimOf.apply(r).buckets().stream().map(b -> b.name()).toList());
        sources.add(new Source<>(cache, claimOf, triggers));
    }

    @Override
    public Collection<Claim> onKey(KeyArn key) {
        return find(BY_KEY, key.toString());
    }

    @Override
    public Collection<Claim> onBucket(String bucket) {
        return find(BY_BUCKET, bucket);
    }

    private List<Claim> find(String index, String value) {
        return sources.stream().flatMap(s -> s.find(index, value)).toList();
    }

    /** Has every resource that names the key reconciled. */
    public void trigger(KeyArn key) {
        sources.forEach(s -> s.trigger(BY_KEY, key.toString()));
    }

    /** Has every resource that names the bucket reconciled. */
    public void triggerBucket(String bucket) {
        sources.forEach(s -> s.trigger(BY_BUCKET, bucket));
    }

    /** Has every resource that meets the test reconciled. */
    public void triggerAll(Predicate<HasMetadata> which) {
        sources.forEach(s -> s.triggerAll(which));
    }
}
