package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The observed state of one thing in AWS: the last good read, and the error if the latest read failed.
 *
 * @param lastSeen the last good result, null before the first one, and after a read found that the thing is gone
 * @param seenAt time of that read
 * @param failure why the latest read failed, null if it succeeded
 * @param changedAfter time of the last read with a different result, null if there is none
 * @param failingSince time of the first of the consecutive failed reads, null if the latest read succeeded
 */
public record Observation<F>(
        @Nullable F lastSeen,
        @Nullable Instant seenAt,
        @Nullable AwsError failure,
        @Nullable Instant changedAfter,
        @Nullable Instant failingSince) {

    public static <F> Observation<F> never() {
        return new Observation<>(null, null, null, null, null);
    }

    public static <F> Observation<F> seen(F fact, Instant at) {
        return new Observation<>(fact, at, null, null, null);
    }

    /** Whether no read has a result yet. */
    public boolean isNever() {
        return lastSeen == null && failure == null;
    }

    /** The observation after one more read. */
    public Observation<F> then(AwsResult<F> answer, Instant at) {
        return switch (answer) {
            case AwsResult.Success<F>(F fact) ->
                new Observation<>(fact, at, null, fact.equals(lastSeen) ? changedAfter : seenAt, null);
            case AwsResult.Error<F>(AwsError.NotFound gone) -> new Observation<>(null, null, gone, null, null);
            case AwsResult.Error<F>(AwsError reason) ->
                new Observation<>(lastSeen, seenAt, reason, changedAfter, Objects.requireNonNullElse(failingSince, at));
        };
    }

    /** The value that is valid now. A good result stays valid while reads fail, up to {@code maxAge}. */
    public Known<F> at(Instant now, Duration maxAge) {
        if (lastSeen != null
                && seenAt != null
                && (failure == null || !seenAt.plus(maxAge).isBefore(now))) {
            return new Known.Fresh<>(lastSeen);
        }
        return failure != null ? new Known.Unavailable<>(failure, seenAt) : new Known.NotObserved<>();
    }

    /**
     * Fingerprint of the content, without what differs between reads although nothing changed, such as times and request ids. Two observations with
     * the same fingerprint need no reconciliation.
     */
    public Object says(Instant now, Duration maxAge) {
        return switch (at(now, maxAge)) {
            case Known.Unavailable<F>(AwsError why, Instant since) ->
                java.util.Arrays.asList(
                        why.getClass(), why.detail().operation(), why.detail().code(), since);
            case Known<F> known -> known;
        };
    }

    /** An observation, classified by its age. */
    public sealed interface Known<F> {

        record Fresh<F>(F value) implements Known<F> {}

        /** @param since time of the last good read, null if there was none */
        record Unavailable<F>(AwsError failure, @Nullable Instant since) implements Known<F> {}

        record NotObserved<F>() implements Known<F> {}
    }
}
