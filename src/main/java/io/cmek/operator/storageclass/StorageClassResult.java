package io.cmek.operator.storageclass;

import io.cmek.operator.condition.ConditionResult;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The state of a claim's StorageClass.
 *
 * @param encrypted what {@code VolumesEncrypted} says
 * @param retryAfter when it is to be judged again though nobody reports a change, null where that is not needed
 */
public record StorageClassResult(
        ConditionResult encrypted, @Nullable Duration retryAfter) {

    public static StorageClassResult of(ConditionResult encrypted) {
        return new StorageClassResult(encrypted, null);
    }
}
