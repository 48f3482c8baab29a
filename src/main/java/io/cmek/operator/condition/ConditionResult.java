package io.cmek.operator.condition;

import io.cmek.operator.aws.AwsError;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was found out about one thing (a key, a bucket, the claim): not yet a condition, which sums up all things of a resource.
 *
 * @param message a sentence for the person who reads {@code kubectl describe}: what is the matter, with what, and the remedy
 */
public record ConditionResult(Status status, Reason reason, String message) {

    /** "Looked, and it is right", "looked, and it is wrong", "could not look". */
    public enum Status {
        True,
        False,
        Unknown
    }

    public static ConditionResult ofTrue(Reason reason, String message) {
        return new ConditionResult(Status.True, reason, message);
    }

    public static ConditionResult ofFalse(Reason reason, String message) {
        return new ConditionResult(Status.False, reason, message);
    }

    public static ConditionResult ofUnknown(Reason reason, String message) {
        return new ConditionResult(Status.Unknown, reason, message);
    }

    public static ConditionResult pending(String message) {
        return ofUnknown(Reason.Pending, message);
    }

    /**
     * "Could not look."
     *
     * @param what the thing, as the sentence's subject
     * @param since when it was last seen, null where it never was
     */
    public static ConditionResult readFailed(String what, AwsError failure, @Nullable Instant since) {
        Reason reason =
                switch (failure) {
                    case AwsError.Denied denied -> Reason.AccessDenied;
                    case AwsError.Throttled throttled -> Reason.Throttled;
                    case AwsError.NotFound other -> Reason.AwsUnavailable;
                    case AwsError.Unavailable other -> Reason.AwsUnavailable;
                    case AwsError.Rejected other -> Reason.AwsUnavailable;
                };
        String seen = since == null ? "" : " Last seen at " + since.truncatedTo(ChronoUnit.SECONDS) + ".";
        return ofUnknown(reason, what + " could not be looked at: " + failure.detail() + "." + seen);
    }

    /**
     * "Could not look yet": AWS takes its time.
     *
     * @param what the thing, as the sentence's subject
     */
    public static ConditionResult notYetObserved(String what) {
        return ofUnknown(Reason.AwsUnavailable, what + " was asked about, and AWS has not answered yet.");
    }

    /** The same, with one more sentence. */
    public ConditionResult plus(String sentence) {
        return new ConditionResult(status, reason, message + " " + sentence);
    }

    public boolean isTrue() {
        return status == Status.True;
    }

    /** Whether this is a problem that only a person can mend. */
    public boolean requiresUserAction() {
        return !isTrue() && reason.requiresUserAction();
    }

    /**
     * Sums up several: one that is wrong gives verdict and reason, else one that is unknown, else the first; among equals one that needs a person,
     * else one that is more than pending, else the first. The message says all that are as bad as that one.
     *
     * @param judgements at least one
     */
    public static ConditionResult worst(Collection<ConditionResult> judgements) {
        for (Status status : List.of(Status.False, Status.Unknown, Status.True)) {
            var same = judgements.stream().filter(j -> j.status() == status).toList();
            if (!same.isEmpty()) {
                var first = same.stream()
                        .filter(ConditionResult::requiresUserAction)
                        .findFirst()
                        .or(() -> same.stream()
                                .filter(j -> j.reason() != Reason.Pending)
                                .findFirst())
                        .orElse(same.getFirst());
                String message = same.stream()
                        .filter(j -> j.reason() != Reason.Pending || first.reason() == Reason.Pending)
                        .map(ConditionResult::message)
                        .distinct()
                        .collect(Collectors.joining(" "));
                return new ConditionResult(status, first.reason(), message);
            }
        }
        throw new IllegalArgumentException("nothing to sum up");
    }
}
