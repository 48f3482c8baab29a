package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is so, for a ReplicaCmek. Only the operator writes it; an unchanged world changes nothing here. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ReplicaCmekStatus(
        @Min(0) @JsonPropertyDescription("""
                The metadata.generation that this status speaks of. While it is smaller than that of the resource, the operator \
                has not seen the last edit yet.""") @Nullable Long observedGeneration,

        @JsonPropertyDescription("""
                Whether the data is under CMEK, in one word. DISABLED: no CMEK is asked for. PENDING: work goes on, or it waits \
                for something that may come by itself. ENABLED: every line of keys is ENABLED. DEGRADED: it was enabled and \
                something is wrong now, while data exists under the key. FAILED: it was never enabled, and a person must act. \
                UNKNOWN: it was enabled, and AWS could not be read for longer than cmek.facts-max-age, which is no sign of damage. \
                The condition Ready says why and what to do.""") @Nullable EncryptionState encryption,

        @Size(max = 3)
        @JsonPropertyDescription("One line per key, by purpose; empty without CMEK.")
        @SchemaExtension(listMapKey = "purpose")
        List<KeyStatus> keys,

        @Size(max = 2)
        @JsonPropertyDescription("One line per bucket, by purpose, with its default encryption as S3 says it.")
        @SchemaExtension(listMapKey = "purpose")
        List<BucketStatus> buckets,

        @Size(max = 253) @JsonPropertyDescription("""
                The StorageClass whose volumes are encrypted with the data key. Absent until the key is usable, and in clusters \
                of another region.""") @Nullable
        String storageClassName,

        @Size(max = 64) @JsonPropertyDescription("""
                Since when AWS cannot be read: the first failed read of a key or a bucket of this resource; absent while all can be \
                read. Written after 30 seconds, or at once where the operator has not read the key or bucket since its start. A \
                restart of the operator does not renew it.""") @Nullable @SchemaExtension(format = "date-time")
        String awsUnreadableSince,

        @Size(max = 16) @JsonPropertyDescription("""
                What was looked at, and what was found: one condition per aspect. Ready sums them up, with reason and message of \
                the first that is not True.""") @SchemaExtension(listMapKey = "type")
        List<Condition> conditions)
        implements CmekStatus {

    /** A missing list is an empty one. */
    public ReplicaCmekStatus {
        keys = keys == null ? List.of() : List.copyOf(keys);
        buckets = buckets == null ? List.of() : List.copyOf(buckets);
        conditions = conditions == null ? List.of() : List.copyOf(conditions);
    }

    @Override
    public ReplicaCmekStatus withConditions(List<Condition> other) {
        return new ReplicaCmekStatus(
                observedGeneration, encryption, keys, buckets, storageClassName, awsUnreadableSince, other);
    }
}
