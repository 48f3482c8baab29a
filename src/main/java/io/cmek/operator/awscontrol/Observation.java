package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one thing in AWS: the last that was seen, and when; and, where the latest look failed, why.
 *
 * @param lastSeen the last good answer, null before the first and after the thing was found to be gone
 * @param seenAt when that was
 * @param failure why the latest look failed, null where it did not
 * @param changedAfter the last look that saw something else, null where none did
 * @param failingSince the first failed look of those that failed in a row until now, null where the latest one did not fail
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

    /** Whether nobody has looked, or no answer has come yet. */
    public boolean isNever() {
        return lastSeen == null && failure == null;
    }

    /** What is known after one more look. */
    public Observation<F> then(AwsResult<F> answer, Instant at) {
        return switch (answer) {
            case AwsResult.Success<F>(F fact) ->
                new Observation<>(fact, at, null, fact.equals(lastSeen) ? changedAfter : seenAt, null);
            case AwsResult.Error<F>(AwsError.NotFound gone) -> new Observation<>(null, null, gone, null, null);
            case AwsResult.Error<F>(AwsError reason) ->
                new Observation<>(lastSeen, seenAt, reason, changedAfter, Objects.requireNonNullElse(failingSince, at));
        };
    }

    /** What may be relied upon: a good fact survives failed looks for a while, but not for ever. */
    public Known<F> at(Instant now, Duration maxAge) {
        if (lastSeen != null
                && seenAt != null
                && (failure == null || !seenAt.plus(maxAge).isBefore(now))) {
            return new Known.Fresh<>(lastSeen);
        }
        return failure != null ? new Known.Unavailable<>(failure, seenAt) : new Known.NotObserved<>();
    }

    /**
     * What this says, stripped of everything that differs from look to look though nothing changed (times, request ids): two observations
     * that say the same need no reconciliation.
     */
    public Object says(Instant now, Duration maxAge) {
        return switch (at(now, maxAge)) {
            case Known.Unavailable<F>(AwsError why, Instant since) ->
                java.util.Arrays.asList(
                        why.getClass(), why.detail().operation(), why.detail().code(), since);
            case Known<F> known -> known;
        };
    }

    /** An observation, judged by its age. */
    public sealed interface Known<F> {

        record Fresh<F>(F value) implements Known<F> {}

        /** @param since when it was last seen, null where it never was */
        record Unavailable<F>(AwsError failure, @Nullable Instant since) implements Known<F> {}

        record NotObserved<F>() implements Known<F> {}
    }
}
