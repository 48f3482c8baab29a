package io.cmek.operator.controller;

import io.cmek.operator.act.ClusterApi;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.awscontrol.Backoff;
import io.cmek.operator.awscontrol.RepairTimer;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.inventory.Resources;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Writes the status of a resource where it says something else than the stored one, and tells what changed as Events.
 *
 * <p>What others write over our status is put right at once, and more and more slowly when they do it again. They may be another process of the
 * operator that does not know the same, and overwrites what it reads just as fast.
 */
public final class StatusWriter {

    private static final Duration FIRST_CONTESTED_DELAY = Duration.ofSeconds(2);
    private static final Duration LONGEST_CONTESTED_DELAY = Duration.ofMinutes(1);

    /**
     * A status as it is stored.
     *
     * @param version of the resource that has it
     * @param status null where there is none yet
     */
    record Stored<S extends CmekStatus>(
            String version, @Nullable S status) {}

    /**
     * What came of a write.
     *
     * @param again when it is to be tried again; empty where the status says what it should
     */
    record Outcome<S extends CmekStatus>(Stored<S> stored, Optional<Duration> again) {}

    private final WrittenStatuses written;
    private final ClusterApi api;
    private final Steps steps;
    private final EventRecorder events;
    private final StatusObserver observer;
    private final Ticker ticker;
    private final Backoff contested;

    /** Those of which others have overwritten the status, by uid. */
    private final Map<String, RepairTimer> contests = new ConcurrentSkipListMap<>();

    public StatusWriter(
            WrittenStatuses written,
            ClusterApi api,
            Steps steps,
            EventRecorder events,
            StatusObserver observer,
            Ticker ticker,
            RandomGenerator random) {
        this.written = written;
        this.api = api;
        this.steps = steps;
        this.events = events;
        this.observer = observer;
        this.ticker = ticker;
        this.contested = new Backoff(FIRST_CONTESTED_DELAY, LONGEST_CONTESTED_DELAY, random);
    }

    /**
     * Writes the status over the stored one, where it says something else.
     *
     * @param fresh an empty object of the kind
     */
    <R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> Outcome<S> write(
            R resource, R fresh, Stored<S> stored, S next) {
        if (next.equals(stored.status())) {
            written.stands(resource, next);
            return new Outcome<>(stored, Optional.empty());
        }
        boolean isContested = written.isOverwritten(resource, stored.status());
        if (isContested && contest(resource).left().isPositive()) {
            return new Outcome<>(stored, Optional.of(contest(resource).left()));
        }
        Optional<String> version = steps.run(
                Resources.idOf(resource),
                "the write of its status",
                () -> Optional.of(api.applyStatus(resource, stored.version(), fresh, next)),
                why -> Optional.empty());
        observer.statusWritten(version.isPresent());
        if (version.isEmpty()) {
            return new Outcome<>(stored, Optional.of(Steps.RETRY));
        }
        if (isContested) {
            contest(resource).repaired();
        }
        written.wrote(resource, next, version.get());
        events.record(resource, Transition.between(stored.status(), next));
        return new Outcome<>(new Stored<>(version.get(), next), Optional.empty());
    }

    private RepairTimer contest(StoredResource resource) {
        return contests.computeIfAbsent(resource.getMetadata().getUid(), uid -> new RepairTimer(contested, ticker));
    }

    /** Whether the cache has not caught up with the last write of the resource's status yet. */
    boolean isNewerThan(StoredResource resource) {
        return written.isNewerThan(resource);
    }

    void forget(String uid) {
        written.forget(uid);
        contests.remove(uid);
    }

    /** Whether nothing is kept: for tests of what is evicted. */
    boolean isEmpty() {
        return written.isEmpty() && contests.isEmpty();
    }
}
