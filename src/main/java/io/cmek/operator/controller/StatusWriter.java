package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.awscontrol.Backoff;
import io.cmek.operator.awscontrol.RepairTimer;
import io.cmek.operator.awscontrol.RetryTimer;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.cluster.ApiServerError;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes a status that differs from the stored one, and records the changes as Events.
 *
 * <p>If another writer overwrites the status, the first repair is immediate and the next ones back off. The other writer may be another process of
 * the operator with other observations, which would overwrite ours just as fast. A status that only rewords the same outage backs off, too.
 */
public final class StatusWriter {

    private static final Duration FIRST_CONTESTED_DELAY = Duration.ofSeconds(2);
    private static final Duration MAX_CONTESTED_DELAY = Duration.ofMinutes(1);

    private static final Duration FIRST_REWORDED_DELAY = Duration.ofMinutes(1);
    private static final Duration MAX_REWORDED_DELAY = Duration.ofMinutes(10);

    private static final Duration FIRST_CONFLICT_DELAY = Duration.ofMillis(200);
    private static final Duration MAX_CONFLICT_DELAY = Duration.ofSeconds(10);

    /** This many conflicts in a row count as a failure. */
    private static final int REPORTED_CONFLICTS = 5;

    private static final Logger LOG = Logger.getLogger(StatusWriter.class);
    private static final String STEP = "the write of its status";

    /**
     * A stored status.
     *
     * @param version the resourceVersion of the resource
     * @param status null before the first write
     */
    record Stored<S extends CmekStatus>(
            String version, @Nullable S status) {}

    /**
     * The result of a write.
     *
     * @param again the retry delay; empty where the status is up to date
     */
    record Outcome<S extends CmekStatus>(Stored<S> stored, Optional<Duration> again) {}

    /**
     * A failed write, whose Events were not recorded.
     *
     * @param before the status that the write was to replace
     */
    private record Unreported(@Nullable CmekStatus before, CmekStatus attempted) {

        /** A retry may have other timestamps, so compare by Events. */
        boolean isShownBy(CmekStatus stored) {
            return !stored.equals(before)
                    && EventNotification.between(attempted, stored).isEmpty();
        }
    }

    private final LastWrittenStatusCache written;
    private final ClusterApi api;
    private final Steps steps;
    private final EventRecorder events;
    private final StatusListener observer;
    private final Ticker ticker;
    private final Backoff contested;
    private final Backoff reworded;
    private final Backoff refused;

    /** Backoff after other writers overwrote the status, by uid. */
    private final Map<String, RepairTimer> contests = new ConcurrentSkipListMap<>();

    /** Backoff after rewordings of the same outage, by uid. */
    private final Map<String, RepairTimer> rewordings = new ConcurrentSkipListMap<>();

    /** Backoff after conflicts (HTTP 409), by uid. */
    private final Map<String, RetryTimer> conflicts = new ConcurrentSkipListMap<>();

    /** By uid. */
    private final Map<String, Unreported> unreported = new ConcurrentSkipListMap<>();

    public StatusWriter(
            LastWrittenStatusCache written,
            ClusterApi api,
            Steps steps,
            EventRecorder events,
            StatusListener observer,
            Ticker ticker,
            RandomGenerator random) {
        this.written = written;
        this.api = api;
        this.steps = steps;
        this.events = events;
        this.observer = observer;
        this.ticker = ticker;
        this.contested = new Backoff(FIRST_CONTESTED_DELAY, MAX_CONTESTED_DELAY, random);
        this.reworded = new Backoff(FIRST_REWORDED_DELAY, MAX_REWORDED_DELAY, random);
        this.refused = new Backoff(FIRST_CONFLICT_DELAY, MAX_CONFLICT_DELAY, random);
    }

    /**
     * Writes the status where it differs from the stored one.
     *
     * @param fresh an empty object of the kind
     */
    <R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> Outcome<S> write(
            R resource, R fresh, Stored<S> stored, S next) {
        recordUnreported(resource, stored.status());
        if (next.equals(stored.status())) {
            written.stands(resource, next);
            conflicts.remove(resource.getMetadata().getUid());
            return new Outcome<>(stored, Optional.empty());
        }
        List<RepairTimer> limits = limits(resource, stored.status(), next);
        Duration wait = wait(resource, limits);
        if (wait.isPositive()) {
            return new Outcome<>(stored, Optional.of(wait));
        }
        Optional<String> version = steps.run(
                Resources.idOf(resource),
                STEP,
                () -> Optional.of(apply(resource, fresh, stored, next)),
                why -> Optional.empty());
        observer.statusWritten(version.isPresent());
        if (version.isEmpty()) {
            return new Outcome<>(stored, Optional.of(Steps.RETRY));
        }
        limits.forEach(RepairTimer::repaired);
        written.wrote(resource, next, version.get());
        unreported.remove(resource.getMetadata().getUid());
        events.record(resource, EventNotification.between(stored.status(), next));
        return new Outcome<>(new Stored<>(version.get(), next), Optional.empty());
    }

    /** A write can take effect even if its response is an error: then its Events are recorded late. */
    private void recordUnreported(StoredResource resource, @Nullable CmekStatus stored) {
        Unreported attempt = unreported.get(resource.getMetadata().getUid());
        if (attempt != null && stored != null && attempt.isShownBy(stored)) {
            unreported.remove(resource.getMetadata().getUid());
            written.stands(resource, stored);
            events.record(resource, EventNotification.between(attempt.before(), stored));
        }
    }

    /** The backoffs that apply to this write: each allows the first repetition at once and delays the next ones. */
    private List<RepairTimer> limits(StoredResource resource, @Nullable CmekStatus stored, CmekStatus next) {
        String uid = resource.getMetadata().getUid();
        var limits = new ArrayList<RepairTimer>();
        if (written.isOverwritten(resource, stored)) {
            limits.add(contests.computeIfAbsent(uid, u -> new RepairTimer(contested, ticker)));
        }
        if (EventNotification.isReworded(stored, next)) {
            limits.add(rewordings.computeIfAbsent(uid, u -> new RepairTimer(reworded, ticker)));
        }
        return limits;
    }

    private Duration wait(StoredResource resource, List<RepairTimer> limits) {
        RetryTimer conflict = conflicts.get(resource.getMetadata().getUid());
        return Stream.concat(
                        limits.stream().map(RepairTimer::left),
                        Stream.ofNullable(conflict).map(RetryTimer::left))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    private <R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> String apply(
            R resource, R fresh, Stored<S> stored, S next) {
        try {
            String version = api.applyStatus(resource, stored.version(), fresh, next);
            RetryTimer conflict = conflicts.remove(resource.getMetadata().getUid());
            if (conflict != null && conflict.failures() >= REPORTED_CONFLICTS) {
                LOG.infof("%s: %s works again", Resources.idOf(resource), STEP);
            }
            return version;
        } catch (KubernetesClientException e) {
            if (Steps.isStale(e)) {
                refused(resource, e);
            } else {
                unreported.put(resource.getMetadata().getUid(), new Unreported(stored.status(), next));
            }
            throw e;
        }
    }

    /** One conflict is normal with optimistic locking and ends when the cache catches up. A series of conflicts is a failure. */
    private void refused(StoredResource resource, KubernetesClientException conflict) {
        RetryTimer timer = conflicts.computeIfAbsent(resource.getMetadata().getUid(), uid -> new RetryTimer(ticker));
        timer.failed(refused);
        if (timer.failures() < REPORTED_CONFLICTS) {
            return;
        }
        observer.statusWritten(false);
        if (timer.failures() == REPORTED_CONFLICTS) {
            LOG.warnf(
                    "%s: %s failed %d times in a row: %s; it is tried again",
                    Resources.idOf(resource),
                    STEP,
                    REPORTED_CONFLICTS,
                    ApiServerError.of(conflict).words());
        }
    }

    /** Whether the informer cache is older than the last write of the status. */
    boolean isNewerThan(StoredResource resource) {
        return written.isNewerThan(resource);
    }

    void forget(String uid) {
        written.forget(uid);
        contests.remove(uid);
        rewordings.remove(uid);
        conflicts.remove(uid);
        unreported.remove(uid);
    }

    /** Whether nothing is kept: for tests of the eviction. */
    boolean isEmpty() {
        return written.isEmpty()
                && contests.isEmpty()
                && rewordings.isEmpty()
                && conflicts.isEmpty()
                && unreported.isEmpty();
    }
}
