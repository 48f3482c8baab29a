package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which databases may replicate, which may not, and with which CMEK the secondary region was configured. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ReplicationStatus(
        @Size(max = 32) @JsonPropertyDescription("""
                The secondary region that databases were admitted or blocked for. Without CMEK it stands here from the first \
                admission on, and stays.""") @Nullable
        String region,

        @Size(max = 256)
        @JsonPropertyDescription("The databases that may replicate to the region, and to no other one.")
        @SchemaExtension(set = true)
        List<@Size(max = 63) String> admitted,

        @Size(max = 256)
        @JsonPropertyDescription("The databases that may not replicate yet, each with the reason.")
        @SchemaExtension(listMapKey = "name")
        List<BlockedDatabase> blocked,

        @JsonPropertyDescription("""
                The CMEK with which the secondary region was configured. It stays when the ReplicaCmek is deleted: CMEK is \
                configured once, and a new ReplicaCmek has to name the same keys.""") @Nullable SecondaryCmek secondary) {

    /** A missing list is an empty one. */
    public ReplicationStatus {
        admitted = admitted == null ? List.of() : List.copyOf(admitted);
        blocked = blocked == null ? List.of() : List.copyOf(blocked);
    }
}
