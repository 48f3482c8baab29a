package io.cmek.operator.api.v1alpha1;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the statuses of both kinds have in common. */
public sealed interface CmekStatus permits WorkgroupStatus, ReplicaCmekStatus {

    @Nullable
    Long observedGeneration();

    @Nullable
    EncryptionState encryption();

    List<KeyStatus> keys();

    List<BucketStatus> buckets();

    @Nullable
    String storageClassName();

    /** The first failed read, RFC 3339; null while every key and bucket can be read. */
    @Nullable
    String awsUnreadableSince();

    List<Condition> conditions();

    /** The same with other conditions. */
    CmekStatus withConditions(List<Condition> other);

    /** Whether it says that the resource was enabled once: then data may exist under its keys. */
    default boolean wasEnabled() {
        EncryptionState encryption = encryption();
        return encryption != null && encryption.isEnabledOnce();
    }
}
