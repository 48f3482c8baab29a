package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** The customer-managed encryption keys of a Workgroup (R1): decided when it is created, fixed for its life (R8). */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cmek(
        @Required String dataBucketKeyID, @Nullable String backupBucketKeyID) {}
