package io.cmek.operator.keypolicy;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.condition.DriftRepair;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Result of the last attempt to put the required access into one key's policy. */
public sealed interface PolicyOutcome {

    /**
     * The policy, as read, has all required access.
     *
     * @param repaired the drift that a write of the operator has just repaired, null if there was none
     */
    record UpToDate(PolicyDocument policy, @Nullable DriftRepair repaired) implements PolicyOutcome {}

    /**
     * The operator does not write this policy. It lacks required access, or gives it only under conditions.
     *
     * @param access what the policy gives; some of the required access is missing or unresolved
     * @param statements Sids of the incomplete statements
     * @param obstacles why KMS would reject the policy with these statements added; empty if it would accept it
     */
    record NotManaged(PolicyAccess access, List<String> statements, List<PolicyViolation> obstacles)
            implements PolicyOutcome {}

    /** The operator did not write, because KMS would reject the document. */
    record Blocked(List<PolicyViolation> problems) implements PolicyOutcome {

        /** The document in KMS is not a readable key policy. */
        public static Blocked unreadable(PolicyDocument.UnreadablePolicyException e) {
            return new Blocked(List.of(new PolicyViolation(
                    PolicyViolation.Kind.UNREADABLE,
                    "The key policy cannot be read: " + e.getMessage() + ". The key's owner must repair it.")));
        }
    }

    /** Another writer wrote the policy at the same time, and the required access is missing. */
    record Conflict(String message) implements PolicyOutcome {}

    /**
     * AWS rejected the write, or it failed.
     *
     * @param added access that the write would have added, apart from what it would have restored
     */
    record WriteFailed(AwsError failure, AccessRequirements added) implements PolicyOutcome {}

    /**
     * The policy could not be read.
     *
     * @param since time of the last good read, null if there was none
     */
    record ReadFailed(AwsError failure, @Nullable Instant since) implements PolicyOutcome {

        /** The policy was not read yet. */
        public static final ReadFailed UNANSWERED = new ReadFailed(
                new AwsError.Unavailable(
                        new AwsError.Detail("kms:GetKeyPolicy", "NoAnswerYet", "AWS has not answered yet", null)),
                null);
    }
}
