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

/** The parts of a status that both kinds have. */
public record StatusBuilder(PolicyMerge merge, RequestIndex index, Clock clock) {

    /**
     * What the statuses of both kinds have in common.
     *
     * @param generation of the resource, of which the status speaks
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
     * The status of a resource as it was judged: equal to the one before where nothing changed.
     *
     * @param more the conditions that only its kind has, and whether it may go
     */
    Parts parts(
            HasMetadata resource,
            @Nullable CmekStatus previous,
            RequestResult assessment,
            @Nullable String awsUnreadableSince,
            Map<ConditionType, ConditionResult> more) {
        var judgements = assessment.judgements();
        judgements.putAll(more);
        return new Parts(
                resource.getMetadata().getGeneration(),
                assessment.encryption(previous == null ? null : previous.encryption()),
                keys(assessment, previous),
                buckets(assessment, previous),
                storageClassName(assessment),
                awsUnreadableSince,
                Conditions.of(
                        previous == null ? List.of() : previous.conditions(),
                        judgements,
                        allGood(assessment.request()),
                        resource.getMetadata().getGeneration(),
                        clock.instant()));
    }

    /**
     * The conditions that tell whether data is encrypted, and can be read, whatever becomes of the resource. Not PolicyApplied: that of a resource
     * which waits for its release says so while its access is there.
     */
    private static final Set<ConditionType> OF_DATA =
            EnumSet.of(ConditionType.KeysUsable, ConditionType.AccessVerified, ConditionType.BucketsEncrypted);

    /**
     * What the status said before, with news: of a resource that is being deleted, or of which something is not understood.
     *
     * @param unready the states of the keys of which it is known that they are not ready any more
     * @param awsUnreadableSince as the status is to say it
     * @param obsolete the types of conditions that only hold if they are among the news
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
        return new Parts(
                resource.getMetadata().getGeneration(),
                encryption(previous, conditions, !unready.isEmpty(), awsUnreadableSince != null),
                kept(previous.keys()).stream().map(line -> with(line, unready)).toList(),
                keptBuckets(previous.buckets()),
                previous.storageClassName(),
                awsUnreadableSince,
                conditions);
    }

    /** Data that was readable once is degraded when something that it needs is gone, and unknown while AWS cannot be read. */
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
            return previous.encryption() == EncryptionState.UNKNOWN ? EncryptionState.ENABLED : previous.encryption();
        }
        boolean isWrong = ofData.stream().anyMatch(c -> c.status().equals("False"));
        return isBlind && !isWrong ? EncryptionState.UNKNOWN : EncryptionState.DEGRADED;
    }

    private static KeyStatus with(KeyStatus line, Map<KeyArn, KeyEncryptionState> unready) {
        return unready.entrySet().stream()
                .filter(e -> e.getKey().toString().equals(line.arn()))
                .findFirst()
                .map(e -> new KeyStatus(
                        line.purpose(),
                        line.arn(),
                        e.getValue(),
                        line.keyState(),
                        line.multiRegion(),
                        line.suggestedPolicy()))
                .orElse(line);
    }

    /** As the CRD bounds it. */
    private static final int MAX_SUGGESTION = 32_768;

    /** One line per key and purpose (R4), with the statements to add (R3). */
    public List<KeyStatus> keys(RequestResult assessment, @Nullable CmekStatus previous) {
        return assessment.request().keys().stream()
                .map(use -> line(use, assessment, previous))
                .toList();
    }

    private KeyStatus line(KeyUse use, RequestResult assessment, @Nullable CmekStatus previous) {
        KeyResult key = assessment.of(use.key());
        boolean wasEnabled = previous != null && previous.wasEnabled();
        KeyFacts facts = key.facts();
        return new KeyStatus(
                use.purpose(),
                use.key().toString(),
                assessment.lineState(use, wasEnabled),
                facts == null ? "" : facts.state(),
                facts == null ? null : facts.multiRegion(),
                suggestion(use, assessment.request(), previous));
    }

    /**
     * The statements of one line. Putting a policy replaces the whole of it, so on a key that several resources share they name the principals
     * of all of them. Not on a key that the tenant may not use: who has access there is none of its business. Where no tenant covers the
     * namespace any more, what the statements were stays: access that was given is not to be forgotten by a mistake in the settings.
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
                                KeyEncryptionState.PENDING,
                                line.keyState(),
                                line.multiRegion(),
                                line.suggestedPolicy()))
                .toList();
    }

    /** The same of the buckets. */
    public static List<BucketStatus> keptBuckets(List<BucketStatus> lines) {
        return lines.stream().filter(line -> line.purpose() != null).toList();
    }

    private static ConditionResult allGood(EncryptionRequest request) {
        if (!request.hasCmek()) {
            return ConditionResult.ofTrue(
                    Reason.NoCmek,
                    "The workgroup has no CMEK: nothing of it is encrypted with a customer-managed key.");
        }
        String keys = request.keys().stream()
                .filter(use -> use.purpose() != Purpose.Primary)
                .map(use -> use.key().toString())
                .distinct()
                .collect(Collectors.joining(" and "));
        return ConditionResult.ofTrue(Reason.Ready, "Buckets and volumes are encrypted with " + keys + ".");
    }

    /**
     * One line per bucket. What was last seen of one stays where nobody looks, because the claim is refused, and where S3 cannot be asked: it
     * tells who has the bucket ({@link Entitlements#judge}).
     */
    public static List<BucketStatus> buckets(RequestResult assessment, @Nullable CmekStatus previous) {
        boolean refused = assessment.accepted().status() == ConditionResult.Status.False;
        return assessment.buckets().stream()
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

    /** Named once it is published. */
    public static @Nullable String storageClassName(RequestResult assessment) {
        VolumeUse volumes = assessment.request().volumes();
        return volumes != null && assessment.volumes().encrypted().isTrue() ? volumes.storageClassName() : null;
    }
}
