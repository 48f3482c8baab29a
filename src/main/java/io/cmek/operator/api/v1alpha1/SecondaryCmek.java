package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** The pinned secondary keys (R8): the CMEK with which the secondary region was configured. They outlive the ReplicaCmek. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecondaryCmek(
        @Required @Size(max = 63) @JsonPropertyDescription("The name of the ReplicaCmek that configured the keys.")
        String name,

        @Required
        @Size(max = 128)
        @JsonPropertyDescription("The data key of the secondary region; a later ReplicaCmek must name the same one.")
        String dataBucketKeyID,

        @Size(max = 128) @JsonPropertyDescription("""
                The backup key of the secondary region; a later ReplicaCmek must name the same one. If it is absent, a later \
                ReplicaCmek must not name a backup key.""") @Nullable
        String backupBucketKeyID,

        @Size(max = 64)
        @JsonPropertyDescription("The time of the configuration.")
        @Nullable
        @SchemaExtension(format = "date-time")
        String configuredAt) {}
