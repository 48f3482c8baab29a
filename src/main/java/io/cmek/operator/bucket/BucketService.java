package io.cmek.operator.bucket;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.key.KeyArn;

/** What the operator asks of Amazon S3. Buckets are never deleted, and their objects never touched. */
public interface BucketService {

    /**
     * Looks at the bucket with one {@code s3:GetBucketEncryption} in {@code region}, naming the account that is expected to own it.
     * Absent, foreign and misplaced buckets are facts; {@code Failed} is for everything else.
     */
    Answer<BucketFacts> look(Identity identity, String region, String bucket);

    /** {@code s3:PutBucketEncryption}: {@code aws:kms} with {@code key} and the S3 Bucket Key on, the blocked types kept as given. */
    Answer<BucketFacts.Encryption> encrypt(
            Identity identity, String region, String bucket, KeyArn key, BucketFacts.Encryption current);

    /**
     * Makes the bucket in {@code region}: public access blocked, object ownership enforced to the bucket's owner, and encrypted with
     * {@code key} before this returns. Safe to repeat after a failure halfway.
     */
    Answer<BucketFacts.Encryption> create(Identity identity, String region, String bucket, KeyArn key);
}
