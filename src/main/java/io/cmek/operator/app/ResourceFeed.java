package io.cmek.operator.app;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.controller.Dispatch;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.util.List;
import java.util.Optional;

/**
 * Forwards every event of the informer of one kind to {@link Dispatch}, independent of how the operator SDK handles the event.
 *
 * @param <R> the kind
 */
final class ResourceFeed<R extends StoredResource> extends SimpleInboundEventSource<R>
        implements ResourceEventAware<R> {

    private final String kind;
    private final IndexerResourceCache<R> cache;
    private final Dispatch dispatch;

    /** @param cache the cache of the informer; the operator SDK syncs it before it starts this event source */
    ResourceFeed(String kind, IndexerResourceCache<R> cache, Dispatch dispatch) {
        super("feed");
        this.kind = kind;
        this.cache = cache;
        this.dispatch = dispatch;
    }

    @Override
    public void start() {
        super.start();
        List<R> known = cache.list().toList();
        known.forEach(resource -> {
            dispatch.put(resource);
            // If the resource was deleted meanwhile, its delete event came before this put: remove it again.
            Optional<R> still = cache.get(ResourceID.fromResource(resource))
                    .filter(r -> r.getMetadata()
                            .getUid()
                            .equals(resource.getMetadata().getUid()));
            if (still.isEmpty()) {
                dispatch.remove(resource);
            }
        });
        dispatch.synced(kind);
    }

    @Override
    public void onResourceCreated(R resource) {
        dispatch.put(resource);
    }

    @Override
    public void onResourceUpdated(R resource, R before) {
        dispatch.put(resource);
    }

    @Override
    public void onResourceDeleted(R resource) {
        dispatch.remove(resource);
    }
}
