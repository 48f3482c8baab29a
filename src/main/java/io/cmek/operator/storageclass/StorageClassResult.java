package io.cmek.operator.storageclass;

import io.cmek.operator.condition.ConditionResult;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The state of a resource's StorageClass.
 *
 * @param encrypted the result of {@code VolumesEncrypted}
 * @param retryAfter the requeue delay, null where only an event can change the result
 */
public record StorageClassResult(
        ConditionResult encrypted, @Nullable Duration retryAfter) {

    public static StorageClassResult of(ConditionResult encrypted) {
        return new StorageClassResult(encrypted, null);
    }
}
