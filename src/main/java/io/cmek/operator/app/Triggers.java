package io.cmek.operator.app;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.request.ResourceRef;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Triggers reconciliations in the operator SDK, through the event source of the kind. */
final class Triggers implements Consumer<ResourceRef> {

    private final Map<String, SimpleInboundEventSource<? extends StoredResource>> sources = new ConcurrentHashMap<>();

    void add(String kind, SimpleInboundEventSource<? extends StoredResource> source) {
        sources.put(kind, source);
    }

    @Override
    public void accept(ResourceRef id) {
        var source = sources.get(id.kind());
        if (source != null) {
            source.propagateEvent(new ResourceID(id.name(), id.namespace()));
        }
    }
}
