package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is so, for a ReplicaCmek. Only the operator writes it; an unchanged world changes nothing here. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ReplicaCmekStatus(
        @Nullable Long observedGeneration,
        @Nullable EncryptionState encryption,
        List<KeyStatus> keys,
        List<BucketStatus> buckets,
        @Nullable String storageClassName,
        List<Condition> conditions) {

    /** A missing list is an empty one. */
    public ReplicaCmekStatus {
        keys = keys == null ? List.of() : List.copyOf(keys);
        buckets = buckets == null ? List.of() : List.copyOf(buckets);
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }
}
