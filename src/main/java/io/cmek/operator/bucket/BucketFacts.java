package io.cmek.operator.bucket;

import org.jspecify.annotations.Nullable;

/** What S3 says about a bucket's default encryption (S3 API Reference, "GetBucketEncryption"), or where the bucket is instead. */
public sealed interface BucketFacts {

    /** No bucket has this name, anywhere. */
    record Absent() implements BucketFacts {}

    /** The name is taken by an account other than the one the operator acts in. */
    record OwnedByAnotherAccount() implements BucketFacts {}

    /** @param region where the bucket is, empty where S3 does not say */
    record InAnotherRegion(String region) implements BucketFacts {}

    /** The bucket is ours to look at, and this is its default encryption. */
    record Present(Encryption encryption) implements BucketFacts {}

    /**
     * The rule of a bucket's default encryption.
     *
     * @param algorithm SSEAlgorithm: {@code AES256}, {@code aws:kms}, {@code aws:kms:dsse}; null where the bucket has no rule
     * @param kmsKeyId KMSMasterKeyID as S3 returns it: an ARN, a bare id or an alias; null for {@code AES256} and for the AWS managed key
     * @param bucketKeyEnabled whether the S3 Bucket Key is on
     * @param blockedEncryptionTypes BlockedEncryptionTypes, carried over when the rule is rewritten; empty where none are set
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
