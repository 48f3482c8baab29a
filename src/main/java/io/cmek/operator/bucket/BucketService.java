package io.cmek.operator.bucket;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.key.KeyArn;

/**
 * What the operator asks of Amazon S3. Every method but {@link #look} makes exactly the one call that it names. Buckets are never deleted, and
 * their objects never touched.
 *
 * <p>A call that times out is {@code Failed} with a failure whose {@link io.cmek.operator.cloud.Failure#isTimeOut} is true: S3 may have done it
 * all the same.
 */
public interface BucketService {

    /**
     * Looks at the bucket with one {@code s3:GetBucketEncryption} in {@code region}, naming the account that is expected to own it.
     * Absent, foreign and misplaced buckets are facts; {@code Failed} is for everything else. Only where S3 denies it, two more calls
     * ({@code s3:ListBuckets}, {@code s3:HeadBucket}) find out whose the bucket is.
     */
    Answer<BucketFacts> look(Identity identity, String region, String bucket);

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
    Answer<Creation> create(Identity identity, String region, String bucket);

    /**
     * {@code s3:PutPublicAccessBlock}: all four settings on. AWS does that for new buckets by itself; others may not. Safe to repeat.
     *
     * @return the name of the bucket
     */
    Answer<String> blockPublicAccess(Identity identity, String region, String bucket);

    /** {@code s3:PutBucketEncryption}: {@code aws:kms} with {@code key} and the S3 Bucket Key on, the blocked types kept as given. */
    Answer<BucketFacts.Encryption> encrypt(
            Identity identity, String region, String bucket, KeyArn key, BucketFacts.Encryption current);
}
