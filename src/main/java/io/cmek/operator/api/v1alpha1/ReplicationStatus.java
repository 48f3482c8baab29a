package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The admitted and the blocked databases, and the configured CMEK of the secondary region. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ReplicationStatus(
        @Size(max = 32) @JsonPropertyDescription("""
                The secondary region for which databases were admitted or blocked. Without CMEK it is set when the first \
                database is admitted, and never removed.""") @Nullable
        String region,

        @Size(max = 256)
        @JsonPropertyDescription("The databases that may replicate, to this region only.")
        @SchemaExtension(set = true)
        List<@Size(max = 63) String> admitted,

        @Size(max = 256)
        @JsonPropertyDescription("The databases that must not replicate yet, each with the reason.")
        @SchemaExtension(listMapKey = "name")
        List<BlockedDatabase> blocked,

        @JsonPropertyDescription("""
                The pinned keys of the secondary region. They stay when the ReplicaCmek is deleted: CMEK is configured once, and \
                a new ReplicaCmek must name the same keys.""") @Nullable SecondaryCmek secondary) {

    /** A missing list becomes an empty list. */
    public ReplicationStatus {
        admitted = admitted == null ? List.of() : List.copyOf(admitted);
        blocked = blocked == null ? List.of() : List.copyOf(blocked);
    }
}
