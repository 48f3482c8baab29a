package io.cmek.operator.bucket;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.claim.BucketUse;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;

/** What is to be done about one bucket of a claim. */
public sealed interface BucketPlan {

    /** The bucket is as it should be. */
    record Nothing(BucketFacts.Encryption encryption) implements BucketPlan {}

    /** The bucket is there, and its default encryption is to be set. */
    record Encrypt(BucketFacts.Encryption current) implements BucketPlan {}

    /** The bucket is to be made. */
    record Create() implements BucketPlan {}

    /** Nothing may be done. */
    record Refuse(Judgement why) implements BucketPlan {}

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
                                + " resource with a bucket of its own.");
            case BucketFacts.Present(BucketFacts.Encryption current) -> new Encrypt(current);
        };
    }

    private static Refuse refuse(Reason reason, String message) {
        return new Refuse(Judgement.bad(reason, message));
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
