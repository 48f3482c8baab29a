package io.cmek.operator.storageclass;

import io.cmek.operator.condition.Judgement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The state of a claim's StorageClass.
 *
 * @param encrypted what {@code VolumesEncrypted} says
 * @param retryAfter when it is to be judged again though nobody reports a change, null where that is not needed
 */
public record VolumeAssessment(
        Judgement encrypted, @Nullable Duration retryAfter) {

    public static VolumeAssessment of(Judgement encrypted) {
        return new VolumeAssessment(encrypted, null);
    }
}
