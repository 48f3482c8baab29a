package io.cmek.operator.bucket;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is to be done about one bucket of a claim. */
public sealed interface BucketPlan {

    /** Why a bucket can never be that of a request, whatever happens to its encryption: nobody is configured with it. */
    Set<Reason> PERMANENTLY_UNUSABLE = Set.of(Reason.BucketOwnedByAnotherAccount, Reason.BucketInAnotherRegion);

    /** The bucket is as it should be. */
    record Nothing(BucketFacts.Encryption encryption) implements BucketPlan {}

    /** The bucket is there, and its default encryption is to be set. */
    record Encrypt(BucketFacts.Encryption current) implements BucketPlan {}

    /** The bucket is to be made. */
    record Create() implements BucketPlan {}

    /**
     * What somebody changed about a bucket that had been in place.
     *
     * @param found for people: what was found
     * @param done for people: what is done about it
     * @param lossy whether something is gone that this does not bring back
     */
    record Change(String found, String done, boolean lossy) {}

    /** What was changed about a bucket that is to be made or encrypted again; empty where it was not in place before. */
    static Optional<Change> change(BucketUse use, BucketPlan plan, BucketFacts.@Nullable Encryption before) {
        if (before == null || !isInPlace(before, use.key())) {
            return Optional.empty();
        }
        return switch (plan) {
            case Create() ->
                Optional.of(new Change(
                        use.label() + " had been deleted, and what was in it is gone.",
                        "An empty one was made in its place, encrypted with " + use.key() + ".",
                        true));
            case Encrypt(BucketFacts.Encryption current) ->
                Optional.of(new Change(
                        use.label() + " " + describe(current, use.key()) + ".",
                        "Its default encryption was set back to " + use.key()
                                + " with the S3 Bucket Key; objects written meanwhile stay as they were written.",
                        false));
            case Nothing nothing -> Optional.empty();
            case Refuse refuse -> Optional.empty();
        };
    }

    private static String describe(BucketFacts.Encryption current, KeyArn key) {
        if (current.algorithm() == null) {
            return "had no default encryption any more";
        }
        return key.toString().equals(current.kmsKeyId())
                ? "had its S3 Bucket Key off"
                : "had " + current.algorithm()
                        + (current.kmsKeyId() == null ? "" : " with " + current.kmsKeyId())
                        + " as its default encryption";
    }

    /** Nothing may be done. */
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
                                + "; a bucket is not re-keyed, because objects under the old key would depend on both. Create a new"
                                + " resource with a bucket of its own; or, where the change was a mistake, set the default encryption"
                                + " back to " + use.key() + ".");
            case BucketFacts.Present(BucketFacts.Encryption current) -> new Encrypt(current);
        };
    }

    private static Refuse refuse(Reason reason, String message) {
        return new Refuse(ConditionResult.ofFalse(reason, message));
    }

    /** Dual-layer encryption (aws:kms:dsse) under our key is stronger than what is asked for, and knows no S3 Bucket Key: it stays. */
    private static boolean isInPlace(BucketFacts.Encryption current, KeyArn key) {
        return key.toString().equals(current.kmsKeyId())
                && ("aws:kms:dsse".equals(current.algorithm())
                        || ("aws:kms".equals(current.algorithm()) && current.bucketKeyEnabled()));
    }

    /** No key id, and the alias {@code aws/s3}, are the AWS managed key, which is not customer managed. */
    private static boolean isUnderAnotherKey(BucketFacts.Encryption current, KeyArn key) {
        String id = current.kmsKeyId();
        return id != null && !isAwsManaged(id) && !id.equals(key.toString()) && !id.equals(key.keyId());
    }

    private static boolean isAwsManaged(String id) {
        return id.equals("alias/aws/s3") || id.endsWith(":alias/aws/s3");
    }
}
