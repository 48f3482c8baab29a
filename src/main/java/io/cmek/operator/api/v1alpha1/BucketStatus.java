package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One line per bucket: its default encryption as S3 says it. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BucketStatus(
        @Required Purpose purpose,
        @Required String name,
        @Nullable String encryption,
        @Nullable String kmsKeyID,
        @Nullable Boolean bucketKeyEnabled) {}
