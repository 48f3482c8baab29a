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
 * Writes the status of a resource where it says something else than the stored one, and tells what changed as Events.
 *
 * <p>What others write over our status is put right at once, and more and more slowly when they do it again. They may be another process of the
 * operator that does not know the same, and overwrites what it reads just as fast. The words of an outage that changes its words are treated alike.
 */
public final class StatusWriter {

    private static final Duration FIRST_CONTESTED_DELAY = Duration.ofSeconds(2);
    private static final Duration MAX_CONTESTED_DELAY = Duration.ofMinutes(1);

    private static final Duration FIRST_REWORDED_DELAY = Duration.ofMinutes(1);
    private static final Duration MAX_REWORDED_DELAY = Duration.ofMinutes(10);

    private static final Duration FIRST_CONFLICT_DELAY = Duration.ofMillis(200);
    private static final Duration MAX_CONFLICT_DELAY = Duration.ofSeconds(10);

    /** From so many conflicts in a row on, they count as failures. */
    private static final int TOLD_CONFLICTS = 5;

    private static final Logger LOG = Logger.getLogger(StatusWriter.class);
    private static final String STEP = "the write of its status";

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

    /**
     * A write that failed, so that nobody was told of it.
     *
     * @param before the status that it was made over
     */
    private record Untold(@Nullable CmekStatus before, CmekStatus attempted) {

        /** What was repeated meanwhile may have other times. */
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

    /** Those of which others have overwritten the status, by uid. */
    private final Map<String, RepairTimer> contests = new ConcurrentSkipListMap<>();

    /** Those of which the status said the same in other words, by uid. */
    private final Map<String, RepairTimer> rewordings = new ConcurrentSkipListMap<>();

    /** Those of which the last write was refused with a conflict (HTTP 409), by uid. */
    private final Map<String, RetryTimer> conflicts = new ConcurrentSkipListMap<>();

    /** By uid. */
    private final Map<String, Untold> untold = new ConcurrentSkipListMap<>();

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
     * Writes the status over the stored one, where it says something else.
     *
     * @param fresh an empty object of the kind
     */
    <R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> Outcome<S> write(
            R resource, R fresh, Stored<S> stored, S next) {
        tellWhatIsUntold(resource, stored.status());
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
        untold.remove(resource.getMetadata().getUid());
        events.record(resource, EventNotification.between(stored.status(), next));
        return new Outcome<>(new Stored<>(version.get(), next), Optional.empty());
    }

    /** A write may have taken effect though it failed. */
    private void tellWhatIsUntold(StoredResource resource, @Nullable CmekStatus stored) {
        Untold attempt = untold.get(resource.getMetadata().getUid());
        if (attempt != null && stored != null && attempt.isShownBy(stored)) {
            untold.remove(resource.getMetadata().getUid());
            written.stands(resource, stored);
            events.record(resource, EventNotification.between(attempt.before(), stored));
        }
    }

    /** What is repeated at once only once, and then more and more slowly. */
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
            if (conflict != null && conflict.failures() >= TOLD_CONFLICTS) {
                LOG.infof("%s: %s works again", Resources.idOf(resource), STEP);
            }
            return version;
        } catch (KubernetesClientException e) {
            if (Steps.isStale(e)) {
                refused(resource, e);
            } else {
                untold.put(resource.getMetadata().getUid(), new Untold(stored.status(), next));
            }
            throw e;
        }
    }

    /** One conflict is the price of not locking, and is over when the cache has caught up. Many in a row are not. */
    private void refused(StoredResource resource, KubernetesClientException conflict) {
        RetryTimer timer = conflicts.computeIfAbsent(resource.getMetadata().getUid(), uid -> new RetryTimer(ticker));
        timer.failed(refused);
        if (timer.failures() < TOLD_CONFLICTS) {
            return;
        }
        observer.statusWritten(false);
        if (timer.failures() == TOLD_CONFLICTS) {
            LOG.warnf(
                    "%s: %s failed %d times in a row: %s; it is tried again",
                    Resources.idOf(resource),
                    STEP,
                    TOLD_CONFLICTS,
                    ApiServerError.of(conflict).words());
        }
    }

    /** Whether the cache has not caught up with the last write of the resource's status yet. */
    boolean isNewerThan(StoredResource resource) {
        return written.isNewerThan(resource);
    }

    void forget(String uid) {
        written.forget(uid);
        contests.remove(uid);
        rewordings.remove(uid);
        conflicts.remove(uid);
        untold.remove(uid);
    }

    /** Whether nothing is kept: for tests of what is evicted. */
    boolean isEmpty() {
        return written.isEmpty()
                && contests.isEmpty()
                && rewordings.isEmpty()
                && conflicts.isEmpty()
                && untold.isEmpty();
    }
}
