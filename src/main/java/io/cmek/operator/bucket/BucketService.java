package io.cmek.operator.bucket;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;

/**
 * Port to Amazon S3. Every abstract method makes exactly the one call that it names. The operator never deletes buckets and never touches objects.
 *
 * <p>A timeout is an {@code Error} with {@link AwsError#isTimeOut} true, and S3 may still have executed the call.
 */
public interface BucketService {

    /**
     * {@code s3:GetBucketEncryption} in {@code region}, with the expected owner account. An absent bucket, or one in another region, is a {@code
     * Success}. {@code Error} is for everything else. {@code Denied} does not show who owns the bucket.
     */
    AwsResult<BucketFacts> readEncryption(CredentialScope identity, String region, String bucket);

    /** {@code s3:ListBuckets}: whether the target account of the credentials has a bucket of that name. */
    AwsResult<Boolean> isListed(CredentialScope identity, String region, String bucket);

    /**
     * {@code s3:HeadBucket}: whether any account has a bucket of that name. S3 returns that even to callers without access to the bucket (S3 API
     * Reference, "HeadBucket").
     */
    AwsResult<Boolean> isTaken(CredentialScope identity, String region, String bucket);

    /**
     * Reads the bucket. A bucket that is absent, foreign or in another region is a {@code Success}. {@code Error} is for everything else. S3 responds
     * with AccessDenied to two cases: another account owns the bucket, or the target account owns it and the role may not read it. Only then
     * ListBuckets checks for ownership, and HeadBucket for existence. If these are denied, too, the result stays {@code Denied}.
     */
    default AwsResult<BucketFacts> inspect(CredentialScope identity, String region, String bucket) {
        AwsResult<BucketFacts> read = readEncryption(identity, region, bucket);
        if (!(read instanceof AwsResult.Error<BucketFacts>(AwsError.Denied denied))
                || !denied.detail().operation().startsWith("s3:")
                || !(isListed(identity, region, bucket) instanceof AwsResult.Success<Boolean>(Boolean listed))
                || listed) {
            return read;
        }
        return switch (isTaken(identity, region, bucket)) {
            case AwsResult.Success<Boolean>(Boolean taken) ->
                new AwsResult.Success<>(taken ? new BucketFacts.OwnedByAnotherAccount() : new BucketFacts.Absent());
            case AwsResult.Error<Boolean> unknown -> read;
        };
    }

    /** Result of a successful {@code s3:CreateBucket}. */
    enum Creation {
        /** The bucket was created. */
        MADE,
        /**
         * The target account already owns the bucket, and it was not changed. Another writer created it, or an earlier call did whose response was
         * lost.
         */
        ALREADY_OURS
    }

    /**
     * {@code s3:CreateBucket} in {@code region}, with object ownership enforced to the bucket's owner. Call it only right after {@link #inspect}
     * returned {@code Absent}. In us-east-1, S3 returns {@code MADE} for a bucket that the account already owns, and resets its ACL.
     */
    AwsResult<Creation> create(CredentialScope identity, String region, String bucket);

    /**
     * {@code s3:PutPublicAccessBlock}: all four settings on. AWS sets these on new buckets, and S3-compatible services may not. Idempotent.
     *
     * @return the name of the bucket
     */
    AwsResult<String> blockPublicAccess(CredentialScope identity, String region, String bucket);

    /**
     * {@code s3:PutBucketEncryption}: {@code aws:kms} with {@code key} and the S3 Bucket Key on. It keeps the blocked encryption types of {@code
     * current}.
     */
    AwsResult<BucketFacts.Encryption> encrypt(
            CredentialScope identity, String region, String bucket, KeyArn key, BucketFacts.Encryption current);
}
