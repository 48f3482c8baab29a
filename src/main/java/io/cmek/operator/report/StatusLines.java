package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.claim.KeyUse;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Conditions;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.pipeline.Baseline;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.tenancy.Tenant;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The parts of a status that both kinds have. */
public record StatusLines(PolicyMerge merge, Entitlements entitlements, Clock clock) {

    /** One line per key and purpose (R4), with the statements to add (R3). */
    public List<KeyStatus> keys(Assessment assessment) {
        Tenant.Principals principals = entitlements.principalsFor(assessment.claim());
        return assessment.claim().keys().stream()
                .map(use -> line(use, assessment, principals))
                .toList();
    }

    private KeyStatus line(KeyUse use, Assessment assessment, Tenant.Principals principals) {
        KeyAssessment key = assessment.of(use.key());
        KeyFacts facts = key.facts();
        return new KeyStatus(
                use.purpose(),
                use.key().toString(),
                assessment.lineState(use),
                facts == null ? "" : facts.state(),
                facts == null ? null : facts.multiRegion(),
                merge.suggestion(Claim.wants(use, principals)));
    }

    public List<Condition> conditions(
            @Nullable CmekStatus previous,
            Map<ConditionType, Judgement> judgements,
            Claim claim,
            HasMetadata resource) {
        return Conditions.of(
                previous == null ? List.of() : previous.conditions(),
                judgements,
                allGood(claim),
                resource.getMetadata().getGeneration(),
                clock.instant());
    }

    private static Judgement allGood(Claim claim) {
        if (!claim.hasCmek()) {
            return Judgement.good(
                    Reason.NoCmek,
                    "The workgroup has no CMEK: nothing of it is encrypted with a customer-managed key.");
        }
        String keys = claim.keys().stream()
                .filter(use -> use.purpose() != Purpose.Primary)
                .map(use -> use.key().toString())
                .distinct()
                .collect(Collectors.joining(" and "));
        return Judgement.good(Reason.Ready, "Buckets and volumes are encrypted with " + keys + ".");
    }

    /**
     * What the resource's status says was in place; nothing where there is no status of the present spec. Of a policy it says so only where the
     * operator was writing it: what others gave and take away again is theirs.
     */
    public Baseline baseline(Claim claim, CustomResource<?, ? extends CmekStatus> resource) {
        CmekStatus status = resource.getStatus();
        if (status == null
                || !Objects.equals(
                        status.observedGeneration(), resource.getMetadata().getGeneration())) {
            return Baseline.NONE;
        }
        var granted = new HashMap<KeyArn, Grants>();
        if (isTrue(status, ConditionType.PolicyApplied) && claim.policyManagement() == PolicyManagement.Managed) {
            for (KeyArn key : claim.distinctKeys()) {
                status.keys().stream()
                        .filter(line -> line.arn().equals(key.toString()) && KeyRules.isUsable(line.keyState()))
                        .forEach(line -> granted.merge(key, merge.given(line.suggestedPolicy()), Grants::plus));
            }
        }
        return new Baseline(
                granted,
                status.buckets().stream()
                        .collect(Collectors.toMap(BucketStatus::name, StatusLines::encryption, (one, same) -> one)),
                status.storageClassName() != null);
    }

    private static boolean isTrue(CmekStatus status, ConditionType type) {
        return status.conditions().stream()
                .anyMatch(c -> c.type().equals(type.name()) && c.status().equals(Judgement.Verdict.True.name()));
    }

    private static Encryption encryption(BucketStatus line) {
        return new Encryption(
                line.encryption(), line.kmsKeyID(), Boolean.TRUE.equals(line.bucketKeyEnabled()), List.of());
    }

    public static List<BucketStatus> buckets(Assessment assessment) {
        return assessment.buckets().stream().map(StatusLines::line).toList();
    }

    private static BucketStatus line(BucketAssessment bucket) {
        Encryption encryption = bucket.encryption();
        return new BucketStatus(
                bucket.use().purpose(),
                bucket.use().name(),
                encryption == null ? null : encryption.algorithm(),
                encryption == null ? null : encryption.kmsKeyId(),
                encryption == null ? null : encryption.bucketKeyEnabled());
    }

    /** Named once it is published. */
    public static @Nullable String storageClassName(Assessment assessment) {
        VolumeUse volumes = assessment.claim().volumes();
        return volumes != null && assessment.volumes().isGood() ? volumes.storageClassName() : null;
    }

    /**
     * The state in one word.
     *
     * @param previous the status before: once enabled, data exists under the keys, and whatever is wrong afterwards is {@code DEGRADED}
     */
    public static EncryptionState encryption(Assessment assessment, @Nullable CmekStatus previous) {
        if (!assessment.claim().hasCmek()) {
            return EncryptionState.DISABLED;
        }
        if (assessment.isEnabled()) {
            return EncryptionState.ENABLED;
        }
        EncryptionState before = previous == null ? null : previous.encryption();
        if (before == EncryptionState.ENABLED || before == EncryptionState.DEGRADED) {
            return EncryptionState.DEGRADED;
        }
        boolean failed =
                assessment.claim().keys().stream().anyMatch(use -> assessment.lineState(use) == KeyLineState.FAILED);
        return failed ? EncryptionState.FAILED : EncryptionState.PENDING;
    }
}
