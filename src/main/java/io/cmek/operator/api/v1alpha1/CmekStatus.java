package io.cmek.operator.api.v1alpha1;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields that the statuses of both kinds share. */
public sealed interface CmekStatus permits WorkgroupStatus, ReplicaCmekStatus {

    @Nullable
    Long observedGeneration();

    @Nullable
    EncryptionState encryption();

    List<KeyStatus> keys();

    List<BucketStatus> buckets();

    @Nullable
    String storageClassName();

    /** The time of the first failed read of AWS, RFC 3339; null while the operator can read every key and bucket. */
    @Nullable
    String awsUnreadableSince();

    List<Condition> conditions();

    /** A copy with other conditions. */
    CmekStatus withConditions(List<Condition> other);

    /** Whether the resource was ever ENABLED: then data may exist under its keys. */
    default boolean wasEnabled() {
        EncryptionState encryption = encryption();
        return encryption != null && encryption.isEnabledOnce();
    }
}
