package io.cmek.operator.bucket;

import org.jspecify.annotations.Nullable;

/** A bucket's default encryption, as S3 returns it (S3 API Reference, "GetBucketEncryption"), or why there is none. */
public sealed interface BucketFacts {

    /** No account has a bucket with this name. */
    record Absent() implements BucketFacts {}

    /** An account other than the operator's target account owns the bucket. */
    record OwnedByAnotherAccount() implements BucketFacts {}

    /** @param region of the bucket, empty if S3 does not return it */
    record InAnotherRegion(String region) implements BucketFacts {}

    /** The target account owns the bucket, and this is its default encryption. */
    record Present(Encryption encryption) implements BucketFacts {}

    /**
     * The default encryption rule of a bucket.
     *
     * @param algorithm SSEAlgorithm: {@code AES256}, {@code aws:kms}, {@code aws:kms:dsse}; null if the bucket has no rule
     * @param kmsKeyId KMSMasterKeyID as S3 returns it: an ARN, a bare id or an alias; null for {@code AES256} and for the AWS managed key
     * @param bucketKeyEnabled whether the S3 Bucket Key is on
     * @param blockedEncryptionTypes BlockedEncryptionTypes, which a rewrite of the rule keeps; empty if none are set
     */
    record Encryption(
            @Nullable String algorithm,
            @Nullable String kmsKeyId,
            boolean bucketKeyEnabled,
            java.util.List<String> blockedEncryptionTypes) {

        /** A bucket without a rule. */
        public static final Encryption NO_RULE = new Encryption(null, null, false, java.util.List.of());

        public Encryption {
            blockedEncryptionTypes = java.util.List.copyOf(blockedEncryptionTypes);
        }
    }
}
