package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** The lock of R8: the CMEK with which the secondary region was configured. It outlives the ReplicaCmek. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecondaryCmek(
        @Required @Size(max = 63) @JsonPropertyDescription("The name of the ReplicaCmek that configured it.")
        String name,

        @Required
        @Size(max = 128)
        @JsonPropertyDescription("The data key of the secondary region; a later ReplicaCmek must name the same one.")
        String dataBucketKeyID,

        @Size(max = 128) @JsonPropertyDescription("""
                The backup key of the secondary region; a later ReplicaCmek must name the same one, or none where there was \
                none.""") @Nullable
        String backupBucketKeyID,

        @Size(max = 64)
        @JsonPropertyDescription("When it was configured.")
        @Nullable
        @SchemaExtension(format = "date-time")
        String configuredAt) {}
