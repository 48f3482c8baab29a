package io.cmek.operator.pipeline;

import io.cmek.operator.cloud.Failure;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyAccess;
import io.cmek.operator.policy.PolicyDocument;
import io.cmek.operator.policy.PolicyOutcome;
import io.cmek.operator.policy.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** What {@code PolicyApplied} and {@code AccessVerified} say about one key. */
final class PolicyJudgement {

    private PolicyJudgement() {}

    static Judgement of(String label, PolicyOutcome outcome) {
        return switch (outcome) {
            case PolicyOutcome.InPlace in ->
                Judgement.good(Reason.PolicyApplied, label + " has the statements in its policy.");
            case PolicyOutcome.LeftToOwner(var policy, Grants missing) ->
                Judgement.bad(
                        Reason.PolicyNotApplied,
                        label + " lacks in its policy: " + describe(missing)
                                + ". The key's owner is to add the statements shown in status.keys[].suggestedPolicy.");
            case PolicyOutcome.Blocked(List<Problem> problems) -> blocked(label, problems);
            case PolicyOutcome.Conflict(String message) -> Judgement.bad(Reason.PolicyConflict, message);
            case PolicyOutcome.NotWritten(Failure failure) -> notWritten(label, failure);
            case PolicyOutcome.Unseen(Failure failure, var since) ->
                Judgement.couldNotLook(label + ": its policy", failure, since);
        };
    }

    /** The policy, as read, is the proof. */
    static Judgement access(String label, PolicyDocument policy, KeyArn key, Grants wanted) {
        PolicyAccess access = PolicyAccess.read(policy, key, wanted);
        if (access.isComplete()) {
            return Judgement.good(Reason.AccessGranted, label + " has a policy that lets the service use it.");
        }
        String why = access.denials().isEmpty()
                ? "Its policy does not give: " + describe(access.missing()) + "."
                : String.join(" ", access.denials());
        return Judgement.bad(
                Reason.AccessDenied,
                label + " cannot be used by the service. " + why + " The key's owner must change that.");
    }

    private static Judgement blocked(String label, List<Problem> problems) {
        boolean tooLarge = problems.stream().anyMatch(p -> p.kind() == Problem.Kind.TOO_LARGE);
        return Judgement.bad(
                tooLarge ? Reason.PolicyTooLarge : Reason.ForeignStatementRejected,
                label + ": nothing was written to its policy. "
                        + problems.stream().map(Problem::message).collect(Collectors.joining(" ")));
    }

    private static Judgement notWritten(String label, Failure failure) {
        String message = label + ": its policy was not written: " + failure.detail() + ".";
        return switch (failure) {
            case Failure.Denied denied ->
                Judgement.bad(
                        Reason.WriteDenied,
                        message
                                + " Give the operator's role kms:PutKeyPolicy on the key, or set policyManagement to Publish.");
            case Failure.Rejected rejected
            when rejected.detail().code().startsWith("LimitExceeded") ->
                Judgement.bad(Reason.PolicyTooLarge, message + " The key's owner must shorten other statements.");
            case Failure.Rejected rejected ->
                Judgement.bad(
                        Reason.ForeignStatementRejected,
                        message
                                + " Either another statement of the policy names something that no longer exists, or a principal in the"
                                + " tenant's settings does not exist.");
            case Failure.Throttled throttled -> Judgement.unknown(Reason.Throttled, message + " It is repeated.");
            case Failure.NotFound gone -> Judgement.unknown(Reason.AwsUnavailable, message + " It is repeated.");
            case Failure.Unavailable unavailable ->
                Judgement.unknown(Reason.AwsUnavailable, message + " It is repeated.");
        };
    }

    private static String describe(Grants grants) {
        return grants.principals().entrySet().stream()
                .map(e -> String.join(", ", e.getKey().actions()) + " for " + String.join(", ", e.getValue()))
                .collect(Collectors.joining("; "));
    }
}
