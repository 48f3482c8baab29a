package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** The observed default encryption of a bucket, one entry per bucket. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BucketStatus(
        @Required
        @JsonPropertyDescription("What the bucket is for: Data or Backup.")
        @SchemaExtension(values = {"Data", "Backup"})
        @Nullable
        Purpose purpose,

        @Required @Size(max = 63) @JsonPropertyDescription("The name of the bucket in the spec.")
        String name,

        @Size(max = 32) @JsonPropertyDescription("""
                The observed default encryption of the bucket: aws:kms under CMEK, AES256 for encryption with a key of S3. \
                Absent until the operator has read it from S3.""") @Nullable
        String encryption,

        @Size(max = 256)
        @JsonPropertyDescription("The observed key of the default encryption; absent if there is none.")
        @Nullable
        String kmsKeyID,

        @JsonPropertyDescription("Whether the S3 Bucket Key is on, which saves most calls to KMS.") @Nullable
        Boolean bucketKeyEnabled) {}
