package io.cmek.operator.bucket;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;

/**
 * What the operator asks of Amazon S3. Every abstract method makes exactly the one call that it names. Buckets are never deleted, and their
 * objects never touched.
 *
 * <p>A call that times out is {@code Failed} with a failure whose {@link AwsError#isTimeOut} is true: S3 may have done it all the same.
 */
public interface BucketService {

    /**
     * {@code s3:GetBucketEncryption} in {@code region}, naming the account that is expected to own the bucket. Absent and misplaced buckets are
     * facts; {@code Failed} is for everything else. {@code Denied} does not tell whose the bucket is.
     */
    AwsResult<BucketFacts> readEncryption(CredentialScope identity, String region, String bucket);

    /** {@code s3:ListBuckets}: whether the account in which the identity acts has a bucket of that name. */
    AwsResult<Boolean> isListed(CredentialScope identity, String region, String bucket);

    /**
     * {@code s3:HeadBucket}: whether any account has a bucket of that name. S3 tells that even those whom it denies the bucket (S3 API Reference,
     * "HeadBucket").
     */
    AwsResult<Boolean> isTaken(CredentialScope identity, String region, String bucket);

    /**
     * Reads the bucket. Absent, foreign and misplaced buckets are facts; {@code Failed} is for everything else. S3 answers AccessDenied for a
     * bucket that somebody else owns and for one that we own but may not read. Only then is it asked more: the list of the account's own
     * buckets has the name or not, and HeadBucket tells whether it exists. Where these are denied, too, it stays unknown.
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

    /** How a {@code s3:CreateBucket} ended that was not refused. */
    enum Creation {
        /** The bucket was made. */
        MADE,
        /** Our account has it already: somebody made it meanwhile, or an earlier call did whose answer was lost. It was not changed. */
        ALREADY_OURS
    }

    /**
     * {@code s3:CreateBucket} in {@code region}, with object ownership enforced to the bucket's owner. Call it only right after {@link #look}
     * said {@code Absent}: in us-east-1, S3 answers {@code MADE} for a bucket that is ours already, and resets its ACL.
     */
    AwsResult<Creation> create(CredentialScope identity, String region, String bucket);

    /**
     * {@code s3:PutPublicAccessBlock}: all four settings on. AWS does that for new buckets by itself; others may not. Safe to repeat.
     *
     * @return the name of the bucket
     */
    AwsResult<String> blockPublicAccess(CredentialScope identity, String region, String bucket);

    /** {@code s3:PutBucketEncryption}: {@code aws:kms} with {@code key} and the S3 Bucket Key on, the blocked types kept as given. */
    AwsResult<BucketFacts.Encryption> encrypt(
            CredentialScope identity, String region, String bucket, KeyArn key, BucketFacts.Encryption current);
}
