package io.cmek.operator.keypolicy;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.condition.DriftRepair;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How it stands with what is wanted in one key's policy, after the operator did what it could. */
public sealed interface PolicyOutcome {

    /**
     * The policy, as read, has everything that is wanted.
     *
     * @param repaired what somebody had taken away and a write of ours just put back, null where nothing was
     */
    record UpToDate(PolicyDocument policy, @Nullable DriftRepair repaired) implements PolicyOutcome {}

    /**
     * The operator does not write this policy, and it does not give what is wanted, or only under conditions.
     *
     * @param access what it gives instead; something is missing or in doubt
     * @param statements the Sids of the statements of which something is missing
     * @param obstacles why KMS would refuse the policy with these statements added; empty where it would accept it
     */
    record NotManaged(PolicyAccess access, List<String> statements, List<PolicyViolation> obstacles)
            implements PolicyOutcome {}

    /** Nothing was written, because KMS would refuse it. */
    record Blocked(List<PolicyViolation> problems) implements PolicyOutcome {

        /** What KMS has is no key policy. */
        public static Blocked unreadable(PolicyDocument.UnreadablePolicyException e) {
            return new Blocked(List.of(new PolicyViolation(
                    PolicyViolation.Kind.UNREADABLE,
                    "The key policy cannot be read: " + e.getMessage() + ". The key's owner must repair it.")));
        }
    }

    /** Somebody else wrote the policy at the same time, and what is wanted is not there. */
    record Conflict(String message) implements PolicyOutcome {}

    /**
     * AWS did not accept the write.
     *
     * @param added what the write would have added, beside what it would have put back
     */
    record WriteFailed(AwsError failure, AccessRequirements added) implements PolicyOutcome {}

    /**
     * The policy could not be read.
     *
     * @param since when it was last read, null where it never was
     */
    record ReadFailed(AwsError failure, @Nullable Instant since) implements PolicyOutcome {

        /** It was not read yet. */
        public static final ReadFailed UNANSWERED = new ReadFailed(
                new AwsError.Unavailable(
                        new AwsError.Detail("kms:GetKeyPolicy", "NoAnswerYet", "AWS has not answered yet", null)),
                null);
    }
}
