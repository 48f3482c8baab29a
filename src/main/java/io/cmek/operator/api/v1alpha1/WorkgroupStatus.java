package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The observed state of a Workgroup. Only the operator writes it, and only when it changes. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record WorkgroupStatus(
        @Min(0) @JsonPropertyDescription("""
                The metadata.generation that this status is based on. While it is lower than that of the resource, the status \
                is stale: the operator has not processed the last edit yet.""") @Nullable Long observedGeneration,

        @JsonPropertyDescription("""
                Whether the data is encrypted with the customer-managed keys. DISABLED: the spec has no CMEK. PENDING: in \
                progress, or waiting for something that needs no user action. ENABLED: every entry of keys is ENABLED. DEGRADED: it \
                was ENABLED and has a fault now; data exists under the key. FAILED: it was never ENABLED and requires user action. \
                UNKNOWN: it was ENABLED, but the operator could not read AWS for longer than cmek.facts-max-age; no fault was \
                observed. The condition Ready has the cause and the remedy.""") @Nullable EncryptionState encryption,

        @Size(max = 3)
        @JsonPropertyDescription("The keys, one entry per purpose; empty without CMEK.")
        @SchemaExtension(listMapKey = "purpose")
        List<KeyStatus> keys,

        @Size(max = 2)
        @JsonPropertyDescription("The buckets, one entry per purpose, with their observed default encryption.")
        @SchemaExtension(listMapKey = "purpose")
        List<BucketStatus> buckets,

        @Size(max = 253) @JsonPropertyDescription("""
                The StorageClass whose volumes are encrypted with the data key. Absent until the key is usable, and in \
                clusters of another region.""") @Nullable
        String storageClassName,

        @JsonPropertyDescription("""
                The admitted databases, the blocked databases with the reason, and the CMEK of the secondary region.""") @Nullable ReplicationStatus replication,

        @Size(max = 64) @JsonPropertyDescription("""
                The time of the first failed read of a key or a bucket of this resource; absent while all reads succeed. The \
                operator sets it 30 seconds after that read, or at once if it has not read the key or bucket since it started. A \
                restart of the operator does not change it.""") @Nullable @SchemaExtension(format = "date-time")
        String awsUnreadableSince,

        @Size(max = 16) @JsonPropertyDescription("""
                The observed state, one condition per aspect. Ready summarizes them, with the reason and message of the first \
                condition that is not True.""") @SchemaExtension(listMapKey = "type")
        List<Condition> conditions)
        implements CmekStatus {

    /** A missing list becomes an empty list. */
    public WorkgroupStatus {
        keys = keys == null ? List.of() : List.copyOf(keys);
        buckets = buckets == null ? List.of() : List.copyOf(buckets);
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }

    @Override
    public WorkgroupStatus withConditions(List<Condition> other) {
        return new WorkgroupStatus(
                observedGeneration,
                encryption,
                keys,
                buckets,
                storageClassName,
                replication,
                awsUnreadableSince,
                other);
    }
}
