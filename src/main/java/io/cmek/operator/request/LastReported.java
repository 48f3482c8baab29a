package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.key.KeyArn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the last status of a resource shows as in use. Data may exist under these keys and in these buckets, even if the settings do not permit them
 * now.
 *
 * @param everything whether it was enabled once, so that all keys and buckets of its spec were in use
 * @param keys the status lines of keys to which the service had access, or which encrypt a bucket
 * @param buckets the status lines of buckets that are encrypted with a key
 */
public record LastReported(boolean everything, List<KeyStatus> keys, List<BucketStatus> buckets) {

    /** A resource that was never served. */
    public static final LastReported NEVER = new LastReported(false, List.of(), List.of());

    public LastReported {
        keys = List.copyOf(keys);
        buckets = List.copyOf(buckets);
    }

    public static LastReported of(@Nullable CmekStatus status) {
        if (status == null) {
            return NEVER;
        }
        boolean enabledOnce = status.wasEnabled();
        boolean hasAccess = status.conditions().stream()
                .anyMatch(c -> c.type().equals(ConditionType.PolicyApplied.name())
                        && c.status().equals("True"));
        List<BucketStatus> encrypted = status.buckets().stream()
                .filter(bucket -> bucket.kmsKeyID() != null)
                .toList();
        return new LastReported(
                enabledOnce,
                status.keys().stream()
                        .filter(line -> enabledOnce
                                || hasAccess
                                || line.state() == KeyEncryptionState.ENABLED
                                || line.state() == KeyEncryptionState.UNKNOWN
                                || encrypted.stream().anyMatch(b -> line.arn().equals(b.kmsKeyID())))
                        .toList(),
                encrypted);
    }

    /** The statements that the status shows for the key, as JSON; empty where the status does not show the key as in use. */
    public List<String> statementsOn(KeyArn key) {
        return keys.stream()
                .filter(line -> line.arn().equals(key.toString()))
                .map(KeyStatus::suggestedPolicy)
                .toList();
    }

    /** Whether the bucket is, or was, encrypted with its key. */
    public boolean has(BucketUse use) {
        return everything
                || buckets.stream()
                        .anyMatch(bucket -> bucket.name().equals(use.name())
                                && use.key().toString().equals(bucket.kmsKeyID()));
    }
}
