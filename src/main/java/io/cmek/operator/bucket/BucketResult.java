package io.cmek.operator.bucket;

import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import org.jspecify.annotations.Nullable;

/**
 * Condition result for one bucket of a request.
 *
 * @param encryption its default encryption, null while unknown
 */
public record BucketResult(BucketUse use, @Nullable Encryption encryption, ConditionResult encrypted) {

    /** Whether S3 encrypts new objects with the key. */
    public boolean isUnder(KeyArn key) {
        return encryption != null && key.toString().equals(encryption.kmsKeyId());
    }
}
