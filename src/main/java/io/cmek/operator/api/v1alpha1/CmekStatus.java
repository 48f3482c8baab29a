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

    List<Condition> conditions();
}
