package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.pipeline.Assessment;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports on the resources of one kind: writes the status where it changed, and tells what changed as Events.
 *
 * @param <R> the kind
 * @param <S> its status
 */
public final class Reporter<R extends CustomResource<?, S>, S extends CmekStatus> {

    private final Supplier<R> fresh;
    private final StatusWriter statuses;
    private final Reported reported;
    private final EventRecorder events;
    private final Duration maxAge;
    private final Clock clock;
    private final Supplier<Instant> since;

    /**
     * @param maxAge how long something seen is relied upon while AWS cannot be reached
     * @param since when this process began to look at AWS
     */
    public Reporter(
            Supplier<R> fresh,
            StatusWriter statuses,
            Reported reported,
            EventRecorder events,
            Duration maxAge,
            Supplier<Instant> since,
            Clock clock) {
        this.fresh = fresh;
        this.statuses = statuses;
        this.reported = reported;
        this.events = events;
        this.maxAge = maxAge;
        this.clock = clock;
        this.since = since;
    }

    /** Also brings the reconciler's own copy of the resource up to date, for a second report on it.
     *
     * @return the status as it is now
     */
    public S report(R resource, @Nullable S previous, S next) {
        if (!next.equals(previous)) {
            String replaced = resource.getMetadata().getResourceVersion();
            resource.getMetadata().setResourceVersion(statuses.write(resource, fresh, next));
            resource.setStatus(next);
            reported.written(resource, next, replaced);
            events.record(resource, Transition.between(previous, next));
        } else {
            reported.stands(resource, next);
        }
        return next;
    }

    /** Whether the cache has not caught up with the last report yet: a moment later there is a copy to reconcile. */
    public boolean isOutdated(R resource) {
        return reported.isReplaced(resource);
    }

    /** Tells at once, whatever becomes of the rest of the reconciliation: the next one finds nothing to repair. */
    public void repaired(R resource, Drift drift) {
        events.record(resource, List.of(Transition.of(drift)));
    }

    /** When the resource is to be reconciled again though nobody reports a change; empty where that is not needed. */
    public Optional<Duration> reconsiderAfter(R resource, @Nullable S status, Assessment assessment) {
        Instant now = clock.instant();
        Optional<Duration> byItself = assessment.reconsiderAfter(now);
        if (status == null || !isMaskedByBlindness(resource, status, assessment)) {
            return byItself;
        }
        Duration unmasked = Duration.between(now, since.get().plus(maxAge)).plusMillis(1);
        return byItself.filter(d -> d.compareTo(unmasked) < 0).or(() -> Optional.of(unmasked));
    }

    /**
     * A new process, and a new leader, has seen nothing; for as long as that would have been relied upon, the status is. But what was seen to be
     * wrong is told at once, whatever else could not be looked at.
     */
    public boolean isMaskedByBlindness(R resource, S status, Assessment assessment) {
        return assessment.isBlind()
                && !assessment.isWrong()
                && status.encryption() == EncryptionState.ENABLED
                && Objects.equals(resource.getMetadata().getGeneration(), status.observedGeneration())
                && clock.instant().isBefore(since.get().plus(maxAge));
    }
}
