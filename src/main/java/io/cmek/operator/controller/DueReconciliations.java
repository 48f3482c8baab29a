package io.cmek.operator.controller;

import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.request.ResourceRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Triggers reconciliations, and knows which resources are due. Up to 5.3.2, the operator SDK loses triggers and requeues that come while it handles
 * the deletion of an earlier resource of the same name. It logs "No re-schedules allowed when delete event present". {@link StatusResync} triggers
 * what is {@link #overdue}.
 */
public final class DueReconciliations implements Consumer<ResourceRef> {

    /** After a failed reconciliation, the operator SDK retries before that. */
    static final Duration AFTER_FAILURE = Duration.ofMinutes(2);

    private final Ticker ticker;
    private final Consumer<ResourceRef> trigger;

    /** By the ticker. */
    private final Map<ResourceRef, Long> due = new ConcurrentSkipListMap<>();

    /** @param trigger of the operator SDK */
    public DueReconciliations(Ticker ticker, Consumer<ResourceRef> trigger) {
        this.ticker = ticker;
        this.trigger = trigger;
    }

    @Override
    public void accept(ResourceRef id) {
        dueIn(id, Duration.ZERO);
        trigger.accept(id);
    }

    /** A reconciliation of the resource begins, and sees all that it was triggered for. */
    void began(ResourceRef id) {
        due.remove(id);
    }

    /** The resource must be reconciled again within this time. */
    void dueIn(ResourceRef id, Duration delay) {
        due.merge(id, ticker.nanos() + delay.toNanos(), DueReconciliations::earlier);
    }

    /** There is no resource of that name any more. */
    void forget(ResourceRef id) {
        due.remove(id);
    }

    private static long earlier(long one, long other) {
        return one - other < 0 ? one : other;
    }

    /**
     * The resources that should have been reconciled so long ago.
     *
     * @param exists whether there is a resource of that name; the others are forgotten
     */
    List<ResourceRef> overdue(Duration by, Predicate<ResourceRef> exists) {
        due.keySet().removeIf(exists.negate());
        long now = ticker.nanos();
        return due.entrySet().stream()
                .filter(entry -> now - entry.getValue() >= by.toNanos())
                .map(Map.Entry::getKey)
                .toList();
    }

    boolean isEmpty() {
        return due.isEmpty();
    }
}
