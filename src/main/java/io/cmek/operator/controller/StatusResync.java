package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Has every resource reconciled whose status lags behind its spec, and tells of what cannot be read. The operator SDK, up to 5.3.2, can swallow a
 * change of the spec that lands together with a write of our own (its issues 3398 and 3455).
 */
public final class StatusResync {

    private final Resources resources;
    private final UnreadableReporter unreadable;
    private final Consumer<ResourceRef> trigger;
    private final IntConsumer found;

    /** @param found is told after each round how many resources lagged */
    public StatusResync(
            Resources resources, UnreadableReporter unreadable, Consumer<ResourceRef> trigger, IntConsumer found) {
        this.resources = resources;
        this.unreadable = unreadable;
        this.trigger = trigger;
        this.found = found;
    }

    /** One round over all resources. */
    public void run() {
        if (!resources.isSynced()) {
            return;
        }
        List<StoredResource> all = resources.all();
        // One that can be read again has the same generation as before, so no event tells of it.
        Set<String> readableAgain = unreadable.report(
                all.stream().filter(r -> !NotUnderstood.isReadable(r)).toList());
        List<StoredResource> readable =
                all.stream().filter(NotUnderstood::isReadable).toList();
        readable.stream()
                .filter(r -> readableAgain.contains(r.getMetadata().getUid()))
                .forEach(r -> trigger.accept(Resources.idOf(r)));
        List<StoredResource> lagging =
                readable.stream().filter(StatusResync::lags).toList();
        lagging.forEach(r -> trigger.accept(Resources.idOf(r)));
        found.accept(lagging.size());
    }

    private static boolean lags(StoredResource resource) {
        Long observed =
                resource instanceof CustomResource<?, ?> custom && custom.getStatus() instanceof CmekStatus status
                        ? status.observedGeneration()
                        : null;
        return !Objects.equals(resource.getMetadata().getGeneration(), observed);
    }
}
