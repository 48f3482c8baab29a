package io.cmek.operator.awscontrol;

import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.Observation.Known;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyResult;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.MergeResult;
import io.cmek.operator.keypolicy.PolicyAccess;
import io.cmek.operator.keypolicy.PolicyDocument;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.keypolicy.PolicyViolation;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.tenancy.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Evaluates a key for one request, from the snapshot of the key alone.
 *
 * @param factsMaxAge how long the last good read stays valid while reads fail
 */
public record KeyJudge(PolicyMerge merge, Duration factsMaxAge) {

    /**
     * The result for a key of one request.
     *
     * @param isAnswered whether the key controller has nothing left to do for the request; false if a change follows soon
     */
    public record Judged(KeyResult result, boolean isAnswered) {}

    /** The {@code KeysUsable} condition for a key, from its last read. */
    public static ConditionResult usable(String label, Observation<KeyFacts> facts, Instant now, Duration factsMaxAge) {
        return switch (facts.at(now, factsMaxAge)) {
            case Known.Fresh<KeyFacts>(KeyFacts known) -> KeyRules.judge(label, known, now);
            case Known.Unavailable<KeyFacts>(AwsError.NotFound gone, var since) ->
                ConditionResult.ofFalse(
                        Reason.KeyNotFound,
                        label + " does not exist: " + gone.detail()
                                + ". Check the ARN. A deleted key cannot be restored.");
            case Known.Unavailable<KeyFacts>(var failure, var since) ->
                ConditionResult.readFailed(label, failure, since);
            case Known.NotObserved<KeyFacts>() -> ConditionResult.notYetObserved(label);
        };
    }

    public ConditionResult usable(
            EncryptionRequest request, KeyArn key, Tenant tenant, KeySnapshot snapshot, Instant now) {
        return usable(request.label(key), snapshot.view(tenant.identity()).facts(), now, factsMaxAge);
    }

    /**
     * Evaluates the key for a request that is not accepted. It covers only the key itself, because the operator does nothing else for such a request.
     */
    public Judged inspect(
            EncryptionRequest request, KeyArn key, Tenant tenant, KeySnapshot snapshot, String why, Instant now) {
        Observation<KeyFacts> facts = snapshot.view(tenant.identity()).facts();
        return new Judged(
                KeyResult.pending(key, why).withUsable(usable(request, key, tenant, snapshot, now), facts.lastSeen()),
                !facts.isNever());
    }

    /** Evaluates the key for an accepted request. */
    public Judged judge(EncryptionRequest request, KeyArn key, Tenant tenant, KeySnapshot snapshot, Instant now) {
        String label = request.label(key);
        KeySnapshot.View view = snapshot.view(tenant.identity());
        ConditionResult usable = usable(request, key, tenant, snapshot, now);
        var seen = new KeyResult(
                key,
                view.facts().lastSeen(),
                usable,
                ConditionResult.pending(label + ": its policy waits until the key is usable."),
                ConditionResult.pending(label + ": access is checked when the policy is in place."));
        if (KeyRules.PERMANENTLY_UNUSABLE.contains(usable.reason())) {
            return new Judged(seen, true);
        }
        AccessRequirements wanted = request.wants(key, tenant);
        boolean ours = request.policyManagement() == PolicyManagement.Managed;
        boolean writes = ours && usable.isTrue();
        PolicyOutcome outcome = outcome(view, key, wanted, writes, now);
        boolean isPlanned =
                request.requires(key, tenant).minus(snapshot.required()).isEmpty();
        ConditionResult policy = ours && outcome instanceof PolicyOutcome.NotManaged
                ? writes ? ConditionResult.pending(label + ": its policy is about to be written.") : seen.policy()
                : PolicyConditions.of(label, request.suggestionCommand(key), outcome);
        Optional<PolicyAccess> given =
                switch (outcome) {
                    case PolicyOutcome.UpToDate(var document, var repaired) ->
                        Optional.of(PolicyAccess.read(document, key, wanted));
                    case PolicyOutcome.NotManaged(PolicyAccess access, var statements, var obstacles)
                    when access.missing().isEmpty() -> Optional.of(access);
                    default -> Optional.empty();
                };
        ConditionResult access = given.map(g -> access(label, g, wanted, usable.isTrue(), tenant, snapshot, now))
                .orElse(seen.access());
        boolean onlyVolumes = given.filter(g -> g.deniesOnlyVolumes())
                .filter(g -> access.equals(PolicyConditions.access(label, g)))
                .isPresent();
        boolean isAnswered = !view.facts().isNever()
                && !view.policy().isNever()
                && (!writes || isPlanned || view.policy().failure() != null || view.notApplied() != null);
        return new Judged(new KeyResult(key, view.facts().lastSeen(), usable, policy, access, onlyVolumes), isAnswered);
    }

    /** @param writes whether the operator writes the policy; otherwise it only reports what the policy allows */
    private PolicyOutcome outcome(
            KeySnapshot.View view, KeyArn key, AccessRequirements wanted, boolean writes, Instant now) {
        return switch (view.policy().at(now, factsMaxAge)) {
            case Known.Fresh<KeyPolicyText>(KeyPolicyText text) -> outcome(text, view, key, wanted, writes);
            case Known.Unavailable<KeyPolicyText>(AwsError failure, Instant since) ->
                new PolicyOutcome.ReadFailed(failure, since);
            case Known.NotObserved<KeyPolicyText>() -> PolicyOutcome.ReadFailed.UNANSWERED;
        };
    }

    private PolicyOutcome outcome(
            KeyPolicyText text, KeySnapshot.View view, KeyArn key, AccessRequirements wanted, boolean writes) {
        PolicyDocument policy;
        try {
            policy = text.document();
        } catch (UnreadablePolicyException e) {
            return PolicyOutcome.Blocked.unreadable(e);
        }
        if (writes && merge.grow(policy, wanted) instanceof MergeResult.InPlace) {
            return new PolicyOutcome.UpToDate(policy, null);
        }
        if (writes && view.notApplied() != null) {
            return view.notApplied();
        }
        PolicyAccess access = PolicyAccess.read(policy, key, wanted);
        return access.isAllowed()
                ? new PolicyOutcome.UpToDate(policy, null)
                : new PolicyOutcome.NotManaged(
                        access, merge.sids(access.missing()), obstacles(policy, access.missing()));
    }

    private List<PolicyViolation> obstacles(PolicyDocument policy, AccessRequirements missing) {
        return merge.grow(policy, missing) instanceof MergeResult.Blocked(List<PolicyViolation> problems)
                ? problems
                : List.of();
    }

    /** The probe role proves access. If the tenant has no probe role, the policy as read is the evidence. */
    private ConditionResult access(
            String label,
            PolicyAccess given,
            AccessRequirements wanted,
            boolean keyUsable,
            Tenant tenant,
            KeySnapshot snapshot,
            Instant now) {
        CredentialScope probe = tenant.probe();
        return keyUsable
                        && probe != null
                        && probe.roleArn() != null
                        && PolicyAccess.isWantedFor(wanted, probe.roleArn())
                ? proven(label, probe.roleArn(), snapshot.proof(probe), given, now)
                : PolicyConditions.access(label, given);
    }

    private ConditionResult proven(
            String label, String role, Observation<Boolean> proof, PolicyAccess given, Instant now) {
        return switch (proof.at(now, factsMaxAge)) {
            case Known.Fresh<Boolean>(Boolean granted) when granted -> PolicyConditions.proven(label, role, given);
            case Known.Fresh<Boolean>(Boolean granted) -> PolicyConditions.refused(label, role, given);
            case Known.Unavailable<Boolean>(var failure, var since) ->
                ConditionResult.ofUnknown(
                        failure instanceof AwsError.Rejected || failure instanceof AwsError.Denied
                                ? Reason.NotProbed
                                : Reason.AwsUnavailable,
                        label + ": whether " + role + " can use it is not known: " + failure.detail() + ".");
            case Known.NotObserved<Boolean>() ->
                ConditionResult.notYetObserved(label + ": the access proof of " + role);
        };
    }
}
