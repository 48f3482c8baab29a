package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a status reports while AWS cannot be read. A process that never read a key or bucket keeps the last written status for
 * {@code factsMaxAge}. That is as long as it relies on a read of its own. {@code status.awsUnreadableSince} hands the start time over to the next
 * process.
 *
 * @param status the stored status, null before the first write
 * @param factsMaxAge how long a read is relied upon while later reads fail
 */
record Blindness(@Nullable CmekStatus status, Instant now, Duration factsMaxAge) {

    /** Reads must fail for this long before the status reports it, so that a short outage does not change the status. */
    static final Duration UNREADABLE_DELAY = Duration.ofSeconds(30);

    /**
     * @param since the value for {@code status.awsUnreadableSince}
     * @param again the requeue delay; empty where only an event can change the value
     */
    record Since(@Nullable String since, Optional<Duration> again) {}

    /**
     * How much longer the stored status stays unchanged; empty where the new condition results must be written. A problem that was read is written at
     * once, even if other reads fail.
     *
     * @param generation of the resource
     */
    Optional<Duration> statusStands(RequestResult result, @Nullable Long generation) {
        if (status == null
                || !result.unreadable().neverRead()
                || result.isWrong()
                || result.isEnabled()
                || status.encryption() != EncryptionState.ENABLED
                || !Objects.equals(generation, status.observedGeneration())) {
            return Optional.empty();
        }
        return Optional.of(Duration.between(now, firstFailure(result).plus(factsMaxAge)))
                .filter(Duration::isPositive)
                .map(left -> left.plusMillis(1));
    }

    /** The first failed read of all processes in this outage. */
    private Instant firstFailure(RequestResult result) {
        Instant own = Objects.requireNonNullElse(result.unreadable().since(), now);
        return reported().filter(since -> since.isBefore(own)).orElse(own);
    }

    Since since(RequestResult result) {
        Instant since = result.unreadable().since();
        if (since == null) {
            return new Since(null, Optional.empty());
        }
        Optional<Instant> reported = reported();
        if (reported.isPresent() && !reported.get().isAfter(since)) {
            return new Since(Objects.requireNonNull(status).awsUnreadableSince(), Optional.empty());
        }
        Duration wait = UNREADABLE_DELAY.minus(Duration.between(since, now));
        return wait.isPositive() && !result.unreadable().neverRead()
                ? new Since(null, Optional.of(wait.plusMillis(1)))
                : new Since(since.truncatedTo(ChronoUnit.SECONDS).toString(), Optional.empty());
    }

    /** The start time in the stored status. */
    private Optional<Instant> reported() {
        try {
            return Optional.ofNullable(status)
                    .map(CmekStatus::awsUnreadableSince)
                    .map(Instant::parse);
        } catch (DateTimeException e) {
            // A user edited the status by hand.
            return Optional.empty();
        }
    }
}
