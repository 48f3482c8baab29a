package io.cmek.operator.report;

import io.cmek.operator.act.StorageClassPublisher;
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
import io.cmek.operator.claim.BucketUse;
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
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The parts of a status that both kinds have. */
public record StatusLines(PolicyMerge merge, Entitlements entitlements, Clock clock) {

    /** As the CRD bounds it. */
    private static final int LONGEST_SUGGESTION = 32_768;

    /** One line per key and purpose (R4), with the statements to add (R3). */
    public List<KeyStatus> keys(Assessment assessment, @Nullable CmekStatus previous) {
        return assessment.claim().keys().stream()
                .map(use -> line(use, assessment, previous))
                .toList();
    }

    private KeyStatus line(KeyUse use, Assessment assessment, @Nullable CmekStatus previous) {
        KeyAssessment key = assessment.of(use.key());
        KeyFacts facts = key.facts();
        return new KeyStatus(
                use.purpose(),
                use.key().toString(),
                assessment.lineState(use),
                facts == null ? "" : facts.state(),
                facts == null ? null : facts.multiRegion(),
                suggestion(use, assessment.claim(), previous, entitlements::suggestedOn));
    }

    /**
     * The statements of one line. Putting a policy replaces the whole of it, so on a key that several resources share they name the principals
     * of all of them. Not on a key that the tenant may not use: who has access there is none of its business. Where no tenant covers the
     * namespace any more, what the statements were stays: access that was given is not to be forgotten by a mistake in the settings.
     */
    private String suggestion(
            KeyUse use, Claim claim, @Nullable CmekStatus previous, Function<KeyArn, Grants> suggestedOn) {
        Grants own = Claim.wants(use, entitlements.principalsFor(claim));
        if (entitlements.tenantOf(claim).isEmpty()) {
            return lineOf(use, previous).map(KeyStatus::suggestedPolicy).orElseGet(() -> merge.suggestion(own));
        }
        if (!entitlements.mayUse(claim, use.key())) {
            return merge.suggestion(own);
        }
        String all = merge.suggestion(own.plus(suggestedOn.apply(use.key()).only(use.statements())));
        return all.length() <= LONGEST_SUGGESTION ? all : merge.suggestion(own);
    }

    private static Optional<KeyStatus> lineOf(KeyUse use, @Nullable CmekStatus status) {
        return Stream.ofNullable(status)
                .flatMap(s -> s.keys().stream())
                .filter(line -> line.purpose() == use.purpose()
                        && line.arn().equals(use.key().toString()))
                .findFirst();
    }

    /**
     * Whether a status suggests what its keys need now: another resource that uses one of them may have come or gone since.
     *
     * @param suggestedOn {@link Entitlements#suggestedOn}, or what is remembered of its answers
     */
    public boolean suggestsWhatIsNeeded(Claim claim, CmekStatus status, Function<KeyArn, Grants> suggestedOn) {
        return claim.keys().stream()
                .allMatch(use -> lineOf(use, status)
                        .filter(line -> line.suggestedPolicy().equals(suggestion(use, claim, status, suggestedOn)))
                        .isPresent());
    }

    /**
     * The lines of a status that is written again as it was. The API server takes none without what its CRD requires: a purpose that this version
     * does not know is left out, and a key in a state that it does not know is pending.
     */
    public static List<KeyStatus> kept(List<KeyStatus> lines) {
        return lines.stream()
                .filter(line -> line.purpose() != null)
                .map(line -> line.state() != null
                        ? line
                        : new KeyStatus(
                                line.purpose(),
                                line.arn(),
                                KeyLineState.PENDING,
                                line.keyState(),
                                line.multiRegion(),
                                line.suggestedPolicy()))
                .toList();
    }

    /** The same of the buckets. */
    public static List<BucketStatus> keptBuckets(List<BucketStatus> lines) {
        return lines.stream().filter(line -> line.purpose() != null).toList();
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
     * operator was writing it: what others gave and take away again is theirs. And only of what the resource itself needs, because its status
     * also suggests what others need, and that may never have been there.
     */
    public Baseline baseline(Claim claim, CustomResource<?, ? extends CmekStatus> resource) {
        CmekStatus status = resource.getStatus();
        if (status == null
                || !Objects.equals(
                        status.observedGeneration(), resource.getMetadata().getGeneration())) {
            return Baseline.NONE;
        }
        var storageClass = new StorageClassPublisher.Before(
                status.storageClassName() != null,
                status.conditions().stream()
                        .anyMatch(c -> c.type().equals(ConditionType.VolumesEncrypted.name())
                                && c.reason().equals(Reason.Contested.name())));
        var granted = new HashMap<KeyArn, Grants>();
        if (isTrue(status, ConditionType.PolicyApplied) && claim.policyManagement() == PolicyManagement.Managed) {
            for (KeyArn key : claim.distinctKeys()) {
                Grants own = entitlements
                        .tenantOf(claim)
                        .map(tenant -> claim.wants(key, tenant))
                        .orElse(Grants.NONE)
                        .minus(entitlements.leftToOwnerOn(key));
                status.keys().stream()
                        .filter(line -> line.arn().equals(key.toString()) && KeyRules.isUsable(line.keyState()))
                        .forEach(line -> granted.merge(
                                key, merge.given(line.suggestedPolicy()).and(own), Grants::plus));
            }
        }
        return new Baseline(
                granted,
                status.buckets().stream()
                        .collect(Collectors.toMap(BucketStatus::name, StatusLines::encryption, (one, same) -> one)),
                storageClass);
    }

    private static boolean isTrue(CmekStatus status, ConditionType type) {
        return status.conditions().stream()
                .anyMatch(c -> c.type().equals(type.name()) && c.status().equals(Judgement.Verdict.True.name()));
    }

    private static Encryption encryption(BucketStatus line) {
        return new Encryption(
                line.encryption(), line.kmsKeyID(), Boolean.TRUE.equals(line.bucketKeyEnabled()), List.of());
    }

    /**
     * One line per bucket. What was last seen of one stays where nobody looks, because the claim is refused, and where S3 cannot be asked: it
     * tells who has the bucket ({@link Entitlements#judge}).
     */
    public static List<BucketStatus> buckets(Assessment assessment, @Nullable CmekStatus previous) {
        boolean refused = assessment.accepted().verdict() == Judgement.Verdict.False;
        return assessment.buckets().stream()
                .map(bucket -> bucket.encryption() == null && (refused || isUnseen(bucket.encrypted()))
                        ? lineOf(bucket.use(), previous).orElseGet(() -> line(bucket))
                        : line(bucket))
                .toList();
    }

    private static boolean isUnseen(Judgement encrypted) {
        return encrypted.verdict() == Judgement.Verdict.Unknown && encrypted.reason() != Reason.Pending;
    }

    private static Optional<BucketStatus> lineOf(BucketUse use, @Nullable CmekStatus status) {
        return Stream.ofNullable(status)
                .flatMap(s -> s.buckets().stream())
                .filter(line -> line.purpose() == use.purpose() && line.name().equals(use.name()))
                .findFirst();
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
        return volumes != null && assessment.volumes().encrypted().isGood() ? volumes.storageClassName() : null;
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
        if (previous != null && previous.wasEnabled()) {
            return EncryptionState.DEGRADED;
        }
        boolean failed =
                assessment.claim().keys().stream().anyMatch(use -> assessment.lineState(use) == KeyLineState.FAILED);
        return failed ? EncryptionState.FAILED : EncryptionState.PENDING;
    }
}
