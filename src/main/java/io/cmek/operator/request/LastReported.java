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
 * What the last status of a resource shows of its having been served: data may exist under these keys and in these buckets, whatever the
 * settings say of the resource now.
 *
 * @param everything whether it was enabled once, and so all that its spec names was in use
 * @param keys the lines of the keys of which the status shows that the service had access, or that something is encrypted with them
 * @param buckets the lines of the buckets that are encrypted with a key
 */
public record LastReported(boolean everything, List<KeyStatus> keys, List<BucketStatus> buckets) {

    /** Of a resource that was never served. */
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

    /** The statements that the status shows for the key, as JSON; empty where it does not show that the key was in use. */
    public List<String> statementsOn(KeyArn key) {
        return keys.stream()
                .filter(line -> line.arn().equals(key.toString()))
                .map(KeyStatus::suggestedPolicy)
                .toList();
    }

    /** Whether the bucket is, or was, under its key. */
    public boolean has(BucketUse use) {
        return everything
                || buckets.stream()
                        .anyMatch(bucket -> bucket.name().equals(use.name())
                                && use.key().toString().equals(bucket.kmsKeyID()));
    }
}
