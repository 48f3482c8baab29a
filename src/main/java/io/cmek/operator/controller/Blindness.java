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
 * What a status says while AWS cannot be read. A process that never read something relies on what the status says already, for as long as it
 * would rely on a read of its own. {@code status.awsUnreadableSince} carries the time from one process to the next.
 *
 * @param status as it is; null where there is none yet
 * @param factsMaxAge how long a read is relied upon while reads fail
 */
record Blindness(@Nullable CmekStatus status, Instant now, Duration factsMaxAge) {

    /** How long reads fail before the status says since when. */
    static final Duration UNREADABLE_DELAY = Duration.ofSeconds(30);

    /**
     * @param since what status.awsUnreadableSince is to say
     * @param again when that is to be decided again though nothing changes
     */
    record Since(@Nullable String since, Optional<Duration> again) {}

    /**
     * How much longer the status stands as it is; empty where it has to say what was judged. What was read and is wrong is told at once, whatever
     * else cannot be read.
     *
     * @param generation of the resource
     */
    Optional<Duration> statusStands(RequestResult assessment, @Nullable Long generation) {
        if (status == null
                || !assessment.unreadable().neverRead()
                || assessment.isWrong()
                || assessment.isEnabled()
                || status.encryption() != EncryptionState.ENABLED
                || !Objects.equals(generation, status.observedGeneration())) {
            return Optional.empty();
        }
        return Optional.of(Duration.between(now, firstFailure(assessment).plus(factsMaxAge)))
                .filter(Duration::isPositive)
                .map(left -> left.plusMillis(1));
    }

    /** Counted from the first failed read of all processes. */
    private Instant firstFailure(RequestResult assessment) {
        Instant own = Objects.requireNonNullElse(assessment.unreadable().since(), now);
        return reported().filter(since -> since.isBefore(own)).orElse(own);
    }

    Since since(RequestResult assessment) {
        Instant since = assessment.unreadable().since();
        if (since == null) {
            return new Since(null, Optional.empty());
        }
        Optional<Instant> reported = reported();
        if (reported.isPresent() && !reported.get().isAfter(since)) {
            return new Since(Objects.requireNonNull(status).awsUnreadableSince(), Optional.empty());
        }
        Duration wait = UNREADABLE_DELAY.minus(Duration.between(since, now));
        return wait.isPositive() && !assessment.unreadable().neverRead()
                ? new Since(null, Optional.of(wait.plusMillis(1)))
                : new Since(since.truncatedTo(ChronoUnit.SECONDS).toString(), Optional.empty());
    }

    /** What the status says already. */
    private Optional<Instant> reported() {
        try {
            return Optional.ofNullable(status)
                    .map(CmekStatus::awsUnreadableSince)
                    .map(Instant::parse);
        } catch (DateTimeException e) {
            // Somebody edited the status by hand.
            return Optional.empty();
        }
    }
}
