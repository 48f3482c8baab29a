package io.cmek.operator.condition;

import io.cmek.operator.aws.AwsError;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The condition result of one item: a key, a bucket or a request. A {@code Condition} sums up all items of a resource.
 *
 * @param message for readers of {@code kubectl describe}: the problem, the affected item and the remedy
 */
public record ConditionResult(Status status, Reason reason, String message) {

    /** True: read, and correct. False: read, and wrong. Unknown: could not be read. */
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
     * The result of a failed read.
     *
     * @param what the item, as the sentence's subject
     * @param since the last successful read, null where there was none
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
        String lastRead = since == null ? "" : " Last read at " + since.truncatedTo(ChronoUnit.SECONDS) + ".";
        return ofUnknown(reason, what + " could not be read: " + failure.detail() + "." + lastRead + remedy(failure));
    }

    private static String remedy(AwsError failure) {
        if (!(failure instanceof AwsError.Denied)) {
            return "";
        }
        String operation = failure.detail().operation();
        if (operation.startsWith("sts:")) {
            return " Check that the role exists and that its trust policy allows the operator. Until then it sees no change.";
        }
        // The one permission with another name than its operation (Service Authorization Reference, "Amazon S3").
        String permission = operation.equals("s3:GetBucketEncryption") ? "s3:GetEncryptionConfiguration" : operation;
        return " Allow the operator's role " + permission + ". Until then it sees no change.";
    }

    /**
     * The result before the first response of AWS.
     *
     * @param what the item, as the sentence's subject
     */
    public static ConditionResult notYetObserved(String what) {
        return ofUnknown(Reason.AwsUnavailable, what + ": waiting for the first response from AWS.");
    }

    /** The same, with one more sentence. */
    public ConditionResult plus(String sentence) {
        return new ConditionResult(status, reason, message + " " + sentence);
    }

    public boolean isTrue() {
        return status == Status.True;
    }

    /** Whether only a user can resolve this problem. */
    public boolean requiresUserAction() {
        return !isTrue() && reason.requiresUserAction();
    }

    /**
     * Sums up several results.
     * <ul>
     *   <li>Status: False before Unknown before True.
     *   <li>Reason: of the results with that status, the first that requires user action; else the first that is not Pending; else the first.
     *   <li>Message: those of all results with that status, without the pending ones unless all are pending.
     * </ul>
     *
     * @param results at least one
     */
    public static ConditionResult worst(Collection<ConditionResult> results) {
        for (Status status : List.of(Status.False, Status.Unknown, Status.True)) {
            var same = results.stream().filter(j -> j.status() == status).toList();
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
