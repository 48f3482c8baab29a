package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketResult;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Conditions;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyResult;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.VolumeUse;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Builds the parts of a status that both kinds have. */
public record StatusBuilder(PolicyMerge merge, RequestIndex index, Clock clock) {

    /**
     * The part of a status that both kinds have.
     *
     * @param generation the observed generation of the resource
     */
    public record Parts(
            @Nullable Long generation,
            @Nullable EncryptionState encryption,
            List<KeyStatus> keys,
            List<BucketStatus> buckets,
            @Nullable String storageClassName,
            @Nullable String awsUnreadableSince,
            List<Condition> conditions) {}

    /**
     * Builds the status from a result. It equals the previous one where nothing changed.
     *
     * @param more the conditions of the kind alone, and {@code Deletable}
     */
    Parts parts(
            HasMetadata resource,
            @Nullable CmekStatus previous,
            RequestResult result,
            @Nullable String awsUnreadableSince,
            Map<ConditionType, ConditionResult> more) {
        var results = result.results();
        results.putAll(more);
        return new Parts(
                resource.getMetadata().getGeneration(),
                result.encryption(previous == null ? null : previous.encryption()),
                keys(result, previous),
                buckets(result, previous),
                storageClassName(result),
                awsUnreadableSince,
                Conditions.of(
                        previous == null ? List.of() : previous.conditions(),
                        results,
                        allGood(result.request()),
                        resource.getMetadata().getGeneration(),
                        clock.instant()));
    }

    /**
     * The conditions that show whether data is encrypted and readable, even if the resource is refused or deleted. PolicyApplied is not one of them:
     * it reports a pending release while the access is still in the policy.
     */
    private static final Set<ConditionType> OF_DATA =
            EnumSet.of(ConditionType.KeysUsable, ConditionType.AccessVerified, ConditionType.BucketsEncrypted);

    /**
     * The previous status with the given changes: for a resource that is being deleted or not fully understood.
     *
     * @param unready the new states of keys that are no longer ready
     * @param awsUnreadableSince the value for the status
     * @param obsolete the condition types that are removed unless they are among the changes
     */
    Parts keeping(
            HasMetadata resource,
            CmekStatus previous,
            EncryptionRequest request,
            Map<ConditionType, ConditionResult> news,
            Map<KeyArn, KeyEncryptionState> unready,
            @Nullable String awsUnreadableSince,
            Set<ConditionType> obsolete) {
        List<Condition> conditions = Conditions.keeping(
                previous.conditions(),
                news,
                obsolete,
                allGood(request),
                resource.getMetadata().getGeneration(),
                clock.instant());
        EncryptionState encryption = encryption(previous, conditions, !unready.isEmpty(), awsUnreadableSince != null);
        return new Parts(
                resource.getMetadata().getGeneration(),
                encryption,
                kept(previous.keys()).stream()
                        .map(line -> with(line, encryption, unready))
                        .toList(),
                keptBuckets(previous.buckets()),
                previous.storageClassName(),
                awsUnreadableSince,
                conditions);
    }

    /** Data that was readable is degraded when something that it needs is gone, and unknown while AWS cannot be read. */
    private static @Nullable EncryptionState encryption(
            CmekStatus previous, List<Condition> conditions, boolean isUnready, boolean isBlind) {
        if (!previous.wasEnabled()) {
            return previous.encryption();
        }
        if (isUnready) {
            return EncryptionState.DEGRADED;
        }
        List<Condition> ofData = conditions.stream()
                .filter(c -> OF_DATA.stream().anyMatch(type -> type.name().equals(c.type())))
                .toList();
        if (ofData.stream().allMatch(c -> c.status().equals("True"))) {
            return previous.encryption() == EncryptionState.UNKNOWN || areVolumesEncrypted(conditions)
                    ? EncryptionState.ENABLED
                    : previous.encryption();
        }
        boolean isWrong = ofData.stream().anyMatch(c -> c.status().equals("False"));
        return isBlind && !isWrong ? EncryptionState.UNKNOWN : EncryptionState.DEGRADED;
    }

    private static boolean areVolumesEncrypted(List<Condition> conditions) {
        return conditions.stream()
                .filter(c -> c.type().equals(ConditionType.VolumesEncrypted.name()))
                .allMatch(c -> c.status().equals("True"));
    }

    /** ENABLED is what all lines are when the resource is (R4). */
    private static KeyStatus with(
            KeyStatus line, @Nullable EncryptionState encryption, Map<KeyArn, KeyEncryptionState> unready) {
        KeyEncryptionState state = encryption == EncryptionState.ENABLED
                ? KeyEncryptionState.ENABLED
                : unready.entrySet().stream()
                        .filter(e -> e.getKey().toString().equals(line.arn()))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse(line.state());
        return new KeyStatus(
                line.purpose(), line.arn(), state, line.keyState(), line.multiRegion(), line.suggestedPolicy());
    }

    /** In bytes; the maxLength of the CRD. */
    private static final int MAX_SUGGESTION = 32_768;

    /** One line per key and purpose (R4), with the statements to add (R3). */
    public List<KeyStatus> keys(RequestResult result, @Nullable CmekStatus previous) {
        return result.request().keys().stream()
                .map(use -> line(use, result, previous))
                .toList();
    }

    private KeyStatus line(KeyUse use, RequestResult result, @Nullable CmekStatus previous) {
        KeyResult key = result.of(use.key());
        boolean wasEnabled = previous != null && previous.wasEnabled();
        KeyFacts facts = key.facts();
        return new KeyStatus(
                use.purpose(),
                use.key().toString(),
                result.lineState(use, wasEnabled),
                facts == null ? "" : facts.state(),
                facts == null ? null : facts.multiRegion(),
                suggestion(use, result.request(), previous));
    }

    /**
     * The suggested statements of one line.
     * <ul>
     *   <li>PutKeyPolicy replaces the whole policy, so the statements of a shared key name the principals of all its resources.
     *   <li>On a key that the tenant may not use, they name only the resource's own: the access of others is confidential.
     *   <li>Where no tenant covers the namespace any more, the last suggestion stays. A mistake in the settings must not hide access that was
     * granted.
     * </ul>
     */
    private String suggestion(KeyUse use, EncryptionRequest request, @Nullable CmekStatus previous) {
        Authorization authorization = index.authorization();
        AccessRequirements own = EncryptionRequest.wants(use, authorization.principalsFor(request));
        if (authorization.tenantOf(request).isEmpty()) {
            return lineOf(use, previous).map(KeyStatus::suggestedPolicy).orElseGet(() -> merge.suggestion(own));
        }
        String all = merge.suggestion(authorization.shownFor(request, use, index.suggestedOn(use.key())));
        return all.length() <= MAX_SUGGESTION ? all : merge.suggestion(own);
    }

    private static Optional<KeyStatus> lineOf(KeyUse use, @Nullable CmekStatus status) {
        return Stream.ofNullable(status)
                .flatMap(s -> s.keys().stream())
                .filter(line -> line.purpose() == use.purpose()
                        && line.arn().equals(use.key().toString()))
                .findFirst();
    }

    /**
     * The key lines of a status that is written again unchanged. The API server refuses values that its CRD does not know. A line with an unknown
     * purpose is left out; a key with an unknown state becomes pending.
     */
    public static List<KeyStatus> kept(List<KeyStatus> lines) {
        return lines.stream()
                .filter(line -> line.purpose() != null)
                .map(line -> line.state() != null
                        ? line
                        : new KeyStatus(
                                line.purpose(),
                                line.arn(),
                                KeyEncryptionState.PENDING,
                                line.keyState(),
                                line.multiRegion(),
                                line.suggestedPolicy()))
                .toList();
    }

    /** The bucket lines, treated likewise. */
    public static List<BucketStatus> keptBuckets(List<BucketStatus> lines) {
        return lines.stream().filter(line -> line.purpose() != null).toList();
    }

    /** For each bucket, and the volumes, with which key. */
    private static String whatIsEncrypted(EncryptionRequest request) {
        VolumeUse volumes = request.volumes();
        return request.buckets().stream()
                        .map(bucket -> bucket.purpose() == Purpose.Data
                                ? "Data bucket " + bucket.name()
                                        + (volumes == null
                                                ? ""
                                                : " and volumes of StorageClass " + volumes.storageClassName())
                                        + ": " + bucket.key() + "."
                                : "Backup bucket " + bucket.name() + ": " + bucket.key() + ".")
                        .collect(Collectors.joining(" "))
                + (volumes == null ? " This cluster provisions no volumes for " + request.region() + "." : "");
    }

    private static ConditionResult allGood(EncryptionRequest request) {
        if (!request.hasCmek()) {
            return ConditionResult.ofTrue(
                    Reason.NoCmek,
                    "The Workgroup has no CMEK: none of its data is encrypted with a customer-managed key.");
        }
        return ConditionResult.ofTrue(Reason.Ready, whatIsEncrypted(request));
    }

    /**
     * One line per bucket. The last observed line stays while the request is refused or S3 cannot be read: it shows who holds the bucket
     * ({@link RequestIndex#judge}).
     */
    public static List<BucketStatus> buckets(RequestResult result, @Nullable CmekStatus previous) {
        boolean refused = result.accepted().status() == ConditionResult.Status.False;
        return result.buckets().stream()
                .map(bucket -> bucket.encryption() == null && (refused || isUnseen(bucket.encrypted()))
                        ? lineOf(bucket.use(), previous).orElseGet(() -> line(bucket))
                        : line(bucket))
                .toList();
    }

    private static boolean isUnseen(ConditionResult encrypted) {
        return encrypted.status() == ConditionResult.Status.Unknown && encrypted.reason() != Reason.Pending;
    }

    private static Optional<BucketStatus> lineOf(BucketUse use, @Nullable CmekStatus status) {
        return Stream.ofNullable(status)
                .flatMap(s -> s.buckets().stream())
                .filter(line -> line.purpose() == use.purpose() && line.name().equals(use.name()))
                .findFirst();
    }

    private static BucketStatus line(BucketResult bucket) {
        Encryption encryption = bucket.encryption();
        return new BucketStatus(
                bucket.use().purpose(),
                bucket.use().name(),
                encryption == null ? null : encryption.algorithm(),
                encryption == null ? null : encryption.kmsKeyId(),
                encryption == null ? null : encryption.bucketKeyEnabled());
    }

    /** Set only while the StorageClass is published. */
    public static @Nullable String storageClassName(RequestResult result) {
        VolumeUse volumes = result.request().volumes();
        return volumes != null && result.volumes().encrypted().isTrue() ? volumes.storageClassName() : null;
    }
}
