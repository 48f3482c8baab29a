package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One line per bucket: its default encryption as S3 says it. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BucketStatus(
        @Required
        @JsonPropertyDescription("What the bucket is for: Data or Backup.")
        @SchemaExtension(values = {"Data", "Backup"})
        @Nullable
        Purpose purpose,

        @Required @Size(max = 63) @JsonPropertyDescription("The name of the bucket, as the spec names it.")
        String name,

        @Size(max = 32) @JsonPropertyDescription("""
                The default encryption of the bucket as S3 says it: aws:kms when it is under CMEK, AES256 when S3's own key \
                encrypts it. Absent while S3 could not be asked yet.""") @Nullable
        String encryption,

        @Size(max = 256)
        @JsonPropertyDescription(
                "The key of the bucket's default encryption as S3 says it; absent where there is none.")
        @Nullable
        String kmsKeyID,

        @JsonPropertyDescription("Whether the S3 Bucket Key is on, which saves most calls to KMS, as S3 says it.")
        @Nullable
        Boolean bucketKeyEnabled) {}
