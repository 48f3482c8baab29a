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
 * Passes on what the informer of one kind tells: every version of every resource, whatever the operator SDK makes of it.
 *
 * @param <R> the kind
 */
final class ResourceFeed<R extends StoredResource> extends SimpleInboundEventSource<R>
        implements ResourceEventAware<R> {

    private final String kind;
    private final IndexerResourceCache<R> cache;
    private final Dispatch dispatch;

    /** @param cache of the informer, which the operator SDK has filled before it starts this */
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
            // One that was deleted meanwhile was told before it was put.
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
