package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Makes the reporter of each kind.
 *
 * @param maxAge how long something seen is relied upon while AWS cannot be reached
 * @param since when this process began to look at AWS
 */
public record ReporterFactory(
        StatusWriter statuses,
        Reported reported,
        EventRecorder events,
        Duration maxAge,
        Supplier<Instant> since,
        Clock clock) {

    /** @param fresh an empty object of the kind */
    public <R extends CustomResource<?, S>, S extends CmekStatus> Reporter<R, S> of(Supplier<R> fresh) {
        return new Reporter<>(fresh, statuses, reported, events, maxAge, since, clock);
    }
}
