package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** The lock of R8: the CMEK with which the secondary region was configured. It outlives the ReplicaCmek. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecondaryCmek(
        @Required String name,
        @Required String dataBucketKeyID,
        @Nullable String backupBucketKeyID,
        @Nullable String configuredAt) {}
