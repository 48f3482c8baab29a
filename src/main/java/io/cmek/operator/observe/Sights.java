package io.cmek.operator.observe;

import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.policy.KeyPolicyText;

/**
 * All that the operator watches in AWS.
 *
 * @param keys by {@code kms:DescribeKey}
 * @param policies by {@code kms:GetKeyPolicy}; one that means the same as before has not changed
 * @param access whether a probe role can use a key; the handle's identity is that role
 * @param buckets by {@code s3:GetBucketEncryption}
 */
public record Sights(
        Watch<KeyHandle, KeyFacts> keys,
        Watch<KeyHandle, KeyPolicyText> policies,
        Watch<KeyHandle, Boolean> access,
        Watch<BucketHandle, BucketFacts> buckets)
        implements AutoCloseable {

    public void start() {
        keys.start();
        policies.start();
        access.start();
        buckets.start();
    }

    @Override
    public void close() {
        keys.close();
        policies.close();
        access.close();
        buckets.close();
    }
}
