package io.cmek.operator.bucket;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The next step for one bucket of a request. */
public sealed interface BucketPlan {

    /** Reasons for which a bucket can never serve the request. The operator configures no resource with it. */
    Set<Reason> PERMANENTLY_UNUSABLE = Set.of(Reason.BucketOwnedByAnotherAccount, Reason.BucketInAnotherRegion);

    /** The bucket is in the desired state. */
    record Nothing(BucketFacts.Encryption encryption) implements BucketPlan {}

    /** The bucket exists, and its default encryption must be set. */
    record Encrypt(BucketFacts.Encryption current) implements BucketPlan {}

    /** The bucket must be created. */
    record Create() implements BucketPlan {}

    /**
     * Drift of a bucket that was in place.
     *
     * @param found sentence for users: what changed
     * @param done sentence for users: the repair
     * @param lossy whether something is lost that the repair does not restore
     */
    record Change(String found, String done, boolean lossy) {}

    /** The drift of a bucket that must be created or encrypted again. Empty if it was not in place before. */
    static Optional<Change> change(BucketUse use, BucketPlan plan, BucketFacts.@Nullable Encryption before) {
        if (before == null || !isInPlace(before, use.key())) {
            return Optional.empty();
        }
        return switch (plan) {
            case Create() ->
                Optional.of(new Change(
                        use.label() + " had been deleted, and what was in it is gone.",
                        "The operator created an empty one, encrypted with " + use.key() + ".",
                        true));
            case Encrypt(BucketFacts.Encryption current) ->
                Optional.of(new Change(
                        use.label() + " " + describe(current, use.key()) + ".",
                        "Its default encryption was set back to " + use.key()
                                + " with the S3 Bucket Key. Objects written meanwhile keep their encryption.",
                        false));
            case Nothing nothing -> Optional.empty();
            case Refuse refuse -> Optional.empty();
        };
    }

    private static String describe(BucketFacts.Encryption current, KeyArn key) {
        if (current.algorithm() == null) {
            return "had no default encryption";
        }
        return key.toString().equals(current.kmsKeyId())
                ? "had its S3 Bucket Key off"
                : "had " + current.algorithm()
                        + (current.kmsKeyId() == null ? "" : " with " + current.kmsKeyId())
                        + " as its default encryption";
    }

    /** The operator must not write. */
    record Refuse(ConditionResult why) implements BucketPlan {}

    static BucketPlan of(BucketUse use, String region, BucketFacts facts) {
        return switch (facts) {
            case BucketFacts.Absent() when use.provisioning() == Provisioning.Create -> new Create();
            case BucketFacts.Absent() ->
                refuse(
                        Reason.BucketNotFound,
                        use.label() + " does not exist, and buckets.provisioning is Existing. Create it in " + region
                                + ".");
            case BucketFacts.OwnedByAnotherAccount() ->
                refuse(
                        Reason.BucketOwnedByAnotherAccount,
                        use.label()
                                + " belongs to another AWS account; bucket names are global. Create a new resource with"
                                + " another bucket name.");
            case BucketFacts.InAnotherRegion(String actual) ->
                refuse(
                        Reason.BucketInAnotherRegion,
                        use.label() + " is in " + (actual.isEmpty() ? "another region" : actual) + ", the key in "
                                + region + "; S3 needs both in one region. Create a new resource with a bucket in "
                                + region + ".");
            case BucketFacts.Present(BucketFacts.Encryption current)
            when isInPlace(current, use.key()) -> new Nothing(current);
            case BucketFacts.Present(BucketFacts.Encryption current)
            when isUnderAnotherKey(current, use.key()) ->
                refuse(
                        Reason.BucketUnderAnotherKey,
                        use.label() + " is already encrypted with the customer-managed key " + current.kmsKeyId()
                                + ". The operator does not re-key a bucket. Create the resource again with that key, or with a bucket of its"
                                + " own. Or, if somebody changed the default encryption by mistake, set it back to "
                                + use.key()
                                + ".");
            case BucketFacts.Present(BucketFacts.Encryption current) -> new Encrypt(current);
        };
    }

    private static Refuse refuse(Reason reason, String message) {
        return new Refuse(ConditionResult.ofFalse(reason, message));
    }

    /**
     * Whether a bucket needs nothing more. Dual-layer encryption (aws:kms:dsse) under the same key is stronger than required, and has no S3 Bucket
     * Key. It stays.
     */
    static boolean isInPlace(BucketFacts.Encryption current, KeyArn key) {
        return key.toString().equals(current.kmsKeyId())
                && ("aws:kms:dsse".equals(current.algorithm())
                        || ("aws:kms".equals(current.algorithm()) && current.bucketKeyEnabled()));
    }

    /** A missing key id and the alias {@code aws/s3} mean the AWS managed key, which is not customer managed. */
    private static boolean isUnderAnotherKey(BucketFacts.Encryption current, KeyArn key) {
        String id = current.kmsKeyId();
        return id != null && !isAwsManaged(id) && !id.equals(key.toString()) && !id.equals(key.keyId());
    }

    private static boolean isAwsManaged(String id) {
        return id.equals("alias/aws/s3") || id.endsWith(":alias/aws/s3");
    }
}
