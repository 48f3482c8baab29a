package io.cmek.operator.bucket;

import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import org.jspecify.annotations.Nullable;

/**
 * How it stands with one bucket of a claim.
 *
 * @param encryption its default encryption, null while unknown
 */
public record BucketResult(BucketUse use, @Nullable Encryption encryption, ConditionResult encrypted) {

    /** Whether new objects are encrypted with the key, as S3 says it. */
    public boolean isUnder(KeyArn key) {
        return encryption != null && key.toString().equals(encryption.kmsKeyId());
    }
}
