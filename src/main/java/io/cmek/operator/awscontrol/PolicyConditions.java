package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyAccess;
import io.cmek.operator.keypolicy.PolicyAccess.Doubt;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.keypolicy.PolicyViolation;
import io.cmek.operator.keypolicy.PutKeyPolicyRejection;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The {@code PolicyApplied} and {@code AccessVerified} conditions of one key. */
public final class PolicyConditions {

    private static final String AGAINST_LOCKOUT =
            "To fix it, the key's owner must allow kms:PutKeyPolicy to the operator's role, or to the account's root, in a statement without"
                    + " a condition. Or set policyManagement to Publish.";

    private PolicyConditions() {}

    /** @param suggestion a command that prints the statements that the request needs in the key's policy */
    public static ConditionResult of(String label, String suggestion, PolicyOutcome outcome) {
        return switch (outcome) {
            case PolicyOutcome.UpToDate in ->
                ConditionResult.ofTrue(Reason.PolicyApplied, label + " has the statements in its policy.");
            case PolicyOutcome.NotManaged(PolicyAccess access, var none, var obstacles)
            when access.missing().isEmpty() ->
                ConditionResult.ofUnknown(
                        Reason.NotProbed,
                        label + " has a policy that allows the required access only under conditions. "
                                + sentences(access.unresolvedConditions())
                                + " The policy alone does not show whether the service meets them. To be sure, the key's owner must add the"
                                + " suggested statements: `" + suggestion + "`.");
            case PolicyOutcome.NotManaged(
                    PolicyAccess access,
                    List<String> statements,
                    List<PolicyViolation> obstacles) ->
                ConditionResult.ofFalse(
                        Reason.PolicyNotApplied,
                        label + " lacks in its policy "
                                + (statements.size() == 1 ? "the statement " : "the statements ")
                                + String.join(" and ", statements) + "." + delegated(access.delegations())
                                + " The key's owner must add what this prints: `" + suggestion + "`."
                                + refused(obstacles));
            case PolicyOutcome.Blocked(List<PolicyViolation> problems) -> blocked(label, problems);
            case PolicyOutcome.Conflict(String message) -> ConditionResult.ofFalse(Reason.PolicyConflict, message);
            case PolicyOutcome.WriteFailed(AwsError failure, AccessRequirements added) ->
                notWritten(label, failure, added);
            case PolicyOutcome.ReadFailed(AwsError failure, var since) ->
                ConditionResult.readFailed(label + ": its policy", failure, since);
        };
    }

    /** Access as the policy shows it. Used when no probe role proves it. */
    public static ConditionResult access(String label, PolicyAccess access) {
        return objection(label, access)
                .orElseGet(() -> ConditionResult.ofTrue(
                        Reason.AccessGranted, label + " has a policy that lets the service use it."));
    }

    /** KMS let the probe role encrypt and decrypt. The policy may still deny or condition other access. */
    public static ConditionResult proven(String label, String probe, PolicyAccess access) {
        return objection(label, access.provenFor(probe))
                .orElseGet(() -> ConditionResult.ofTrue(Reason.AccessProven, label + " can be used by " + probe + "."));
    }

    /** KMS did not let the probe role encrypt or decrypt in its own calls. */
    public static ConditionResult refused(String label, String probe, PolicyAccess access) {
        String denied = label + ": KMS denied a test call made as " + probe;
        List<Doubt> inconclusive = access.inconclusiveFor(probe);
        if (access.denials().isEmpty() && access.volumeDenials().isEmpty() && !inconclusive.isEmpty()) {
            return ConditionResult.ofUnknown(
                    Reason.NotProbed,
                    denied + ". In another session, or in a call by an AWS service, the result may differ. "
                            + sentences(inconclusive)
                            + " The operator cannot check whether the service meets the condition. To be sure, the key's owner must"
                            + " allow the access without it.");
        }
        String suspects = Stream.of(
                        access.denials().stream(),
                        access.volumeDenials().stream(),
                        access.unresolvedConditions().stream().map(Doubt::sentence))
                .flatMap(s -> s)
                .distinct()
                .collect(Collectors.joining(" "));
        return ConditionResult.ofFalse(
                Reason.AccessDenied,
                denied + ", although the key policy allows it. "
                        + (suspects.isEmpty() ? "" : suspects + " If that is not the cause: ")
                        + "Check the role's permissions boundary and the service control policies.");
    }

    private static Optional<ConditionResult> objection(String label, PolicyAccess access) {
        if (!access.denials().isEmpty() || !access.missing().isEmpty()) {
            String why = access.denials().isEmpty()
                    ? "Its policy does not allow: " + describe(access.missing()) + "."
                    : String.join(" ", access.denials());
            return Optional.of(ConditionResult.ofFalse(
                    Reason.AccessDenied,
                    label + " cannot be used by the service. " + why + volumes(access)
                            + " The key's owner must fix the policy."));
        }
        if (access.deniesOnlyVolumes()) {
            return Optional.of(ConditionResult.ofFalse(
                    Reason.AccessDenied,
                    label + " cannot be used for volumes." + volumes(access)
                            + " The key's owner must fix the policy."));
        }
        return access.unresolvedConditions().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        ConditionResult.ofUnknown(
                                Reason.NotProbed,
                                label + ": its policy alone does not show whether the service can use it. "
                                        + sentences(access.unresolvedConditions())
                                        + " A probe role of the service (cmek.tenants.<name>.probe-role-arn) can prove part of it. Otherwise"
                                        + " the key's owner must exempt the service's roles from the condition, and the EBS role where it is named."));
    }

    private static String volumes(PolicyAccess access) {
        return access.volumeDenials().isEmpty() ? "" : " " + String.join(" ", access.volumeDenials());
    }

    private static String sentences(List<Doubt> unresolvedConditions) {
        return unresolvedConditions.stream().map(Doubt::sentence).distinct().collect(Collectors.joining(" "));
    }

    private static ConditionResult blocked(String label, List<PolicyViolation> problems) {
        boolean tooLarge = problems.stream().anyMatch(p -> p.kind() == PolicyViolation.Kind.TOO_LARGE);
        return ConditionResult.ofFalse(
                tooLarge ? Reason.PolicyTooLarge : Reason.ForeignStatementRejected,
                label + ": nothing was written to its policy. "
                        + problems.stream().map(PolicyViolation::message).collect(Collectors.joining(" ")));
    }

    private static ConditionResult notWritten(String label, AwsError failure, AccessRequirements added) {
        String message = label + ": its policy was not written: " + failure.detail() + ".";
        return switch (failure) {
            case AwsError.Denied denied ->
                ConditionResult.ofFalse(
                        Reason.WriteDenied,
                        message
                                + " Allow the operator's role kms:PutKeyPolicy on the key, or set policyManagement to Publish.");
            case AwsError.Rejected rejected
            when rejected.detail().code().startsWith("LimitExceeded") ->
                ConditionResult.ofFalse(
                        Reason.PolicyTooLarge, message + " The key's owner must shorten other statements.");
            case AwsError.Rejected rejected -> refusedByKms(message, PutKeyPolicyRejection.of(rejected), added);
            case AwsError.Throttled throttled ->
                ConditionResult.ofUnknown(Reason.Throttled, message + " The operator retries.");
            case AwsError.NotFound gone ->
                ConditionResult.ofUnknown(Reason.AwsUnavailable, message + " The operator retries.");
            case AwsError.Unavailable unavailable ->
                ConditionResult.ofUnknown(Reason.AwsUnavailable, message + " The operator retries.");
        };
    }

    private static ConditionResult refusedByKms(String message, PutKeyPolicyRejection why, AccessRequirements added) {
        String theirs = "a user, role or account that another statement names no longer exists";
        String ours = "one in the tenant's settings (cmek.tenants.<name>.principals) does not exist: "
                + added.principals().values().stream()
                        .flatMap(Collection::stream)
                        .distinct()
                        .collect(Collectors.joining(", "));
        return switch (why) {
            case LOCKOUT ->
                ConditionResult.ofFalse(
                        Reason.WriteDenied,
                        message
                                + " This is KMS's lockout safety check: after the write, the operator could not write the policy again. "
                                + AGAINST_LOCKOUT);
            case INVALID_PRINCIPAL ->
                ConditionResult.ofFalse(
                        Reason.ForeignStatementRejected,
                        message
                                + (added.isEmpty()
                                        ? " Probably " + theirs + ". That statement's owner must remove it."
                                        : " Either " + theirs + ", or " + ours + "."));
            case UNRECOGNIZED ->
                ConditionResult.ofFalse(
                        Reason.ForeignStatementRejected,
                        message + " Possible causes: " + theirs + (added.isEmpty() ? "" : "; " + ours)
                                + "; or the operator could not write the policy again after this write. "
                                + AGAINST_LOCKOUT);
        };
    }

    private static String refused(List<PolicyViolation> obstacles) {
        return obstacles.isEmpty()
                ? ""
                : " Until this is fixed, KMS refuses the policy with these statements. "
                        + obstacles.stream().map(PolicyViolation::message).collect(Collectors.joining(" "));
    }

    private static String delegated(List<String> statements) {
        return statements.isEmpty()
                ? ""
                : " The statement " + String.join(" and ", statements)
                        + " delegates to the IAM policies of the account. The key policy does not show those, so they do not count as access.";
    }

    private static String describe(AccessRequirements grants) {
        return grants.principals().entrySet().stream()
                .map(e -> String.join(", ", e.getKey().actions()) + " for " + String.join(", ", e.getValue()))
                .collect(Collectors.joining("; "));
    }
}
