package io.cmek.operator.controller;

import io.cmek.operator.awscontrol.Backoff;
import io.cmek.operator.awscontrol.ManualTicker;
import io.cmek.operator.request.ResourceRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher of the operator SDK, as far as it matters: one reconciliation of a resource at a time, again where an event came meanwhile, after
 * the delay that it asked for, or with a backoff where it failed.
 */
final class Dispatcher {

    private final Function<ResourceRef, ReconcileResult> reconcile;
    private final Predicate<ResourceRef> isKnown;
    private final ManualTicker ticker;
    private final RandomGenerator random;
    private final Backoff backoff;

    private final Set<ResourceRef> waiting = new LinkedHashSet<>();

    /** When each is reconciled again. */
    private final Map<ResourceRef, Long> timers = new TreeMap<>();

    private final Map<ResourceRef, Integer> failures = new HashMap<>();
    private @Nullable ResourceRef running;

    /** What the reconciliations threw. */
    final List<RuntimeException> thrown = new ArrayList<>();

    /** How often each was reconciled. */
    final Map<ResourceRef, Integer> reconciliations = new TreeMap<>();

    /** @param isKnown whether the informer has a resource of that name */
    Dispatcher(
            Function<ResourceRef, ReconcileResult> reconcile,
            Predicate<ResourceRef> isKnown,
            ManualTicker ticker,
            RandomGenerator random) {
        this.reconcile = reconcile;
        this.isKnown = isKnown;
        this.ticker = ticker;
        this.random = random;
        this.backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1), random);
    }

    /** As the operator SDK does while it handles the deletion of an earlier resource of the same name. */
    boolean losesAll;

    void event(ResourceRef id) {
        if (!losesAll) {
            waiting.add(id);
        }
    }

    /** Reconciles one resource that is due, any of them. */
    boolean workOnNext() {
        ripen();
        if (running != null || waiting.isEmpty()) {
            return false;
        }
        List<ResourceRef> all = List.copyOf(waiting);
        ResourceRef id = all.get(random.nextInt(all.size()));
        waiting.remove(id);
        if (!isKnown.test(id)) {
            timers.remove(id);
            failures.remove(id);
            return true;
        }
        running = id;
        try {
            reconciliations.merge(id, 1, Integer::sum);
            ReconcileResult result = reconcile.apply(id);
            failures.remove(id);
            timers.remove(id);
            if (!losesAll) {
                result.again().ifPresent(delay -> timers.put(id, ticker.nanos() + delay.toNanos()));
            }
        } catch (RuntimeException e) {
            thrown.add(e);
            int times = failures.merge(id, 1, Integer::sum);
            timers.put(id, ticker.nanos() + backoff.after(times).toNanos());
        } finally {
            running = null;
        }
        return true;
    }

    private void ripen() {
        List.copyOf(timers.keySet()).stream()
                .filter(id -> timers.get(id) - ticker.nanos() <= 0)
                .forEach(id -> {
                    timers.remove(id);
                    waiting.add(id);
                });
    }

    /** How long until a resource is due; empty where none is. */
    Optional<Duration> untilNext() {
        return waiting.isEmpty()
                ? timers.values().stream()
                        .map(at -> Duration.ofNanos(Math.max(0, at - ticker.nanos())))
                        .min(Duration::compareTo)
                : Optional.of(Duration.ZERO);
    }
}
