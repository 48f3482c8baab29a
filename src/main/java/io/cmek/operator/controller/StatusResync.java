package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Triggers each resource whose status lags behind its spec, or whose reconciliation is overdue, and reports resources that this version cannot
 * read. Up to 5.3.2, the operator SDK can lose a spec change that coincides with a write of our own (its issues 3398 and 3455), and triggers
 * ({@link DueReconciliations}).
 */
public final class StatusResync {

    /** Longer than a trigger waits for its turn, where the operator SDK has not lost it. */
    static final Duration OVERDUE = Duration.ofSeconds(5);

    private final Resources resources;
    private final UnreadableReporter unreadable;
    private final DueReconciliations due;
    private final IntConsumer found;

    /** @param found receives the number of stale statuses after each round */
    public StatusResync(Resources resources, UnreadableReporter unreadable, DueReconciliations due, IntConsumer found) {
        this.resources = resources;
        this.unreadable = unreadable;
        this.due = due;
        this.found = found;
    }

    /** Checks all resources once. */
    public void run() {
        if (!resources.isSynced()) {
            return;
        }
        List<StoredResource> all = resources.all();
        // A resource that became readable again has the same generation, so no event reports it.
        Set<String> readableAgain = unreadable.report(
                all.stream().filter(r -> !NotUnderstood.isReadable(r)).toList());
        List<StoredResource> readable =
                all.stream().filter(NotUnderstood::isReadable).toList();
        readable.stream()
                .filter(r -> readableAgain.contains(r.getMetadata().getUid()))
                .forEach(r -> due.accept(Resources.idOf(r)));
        List<StoredResource> lagging =
                readable.stream().filter(StatusResync::lags).toList();
        lagging.forEach(r -> due.accept(Resources.idOf(r)));
        due.overdue(OVERDUE, id -> resources.find(id).isPresent()).forEach(due);
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
