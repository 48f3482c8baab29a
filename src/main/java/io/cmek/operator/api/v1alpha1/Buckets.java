package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The S3 buckets whose default encryption the operator sets to the keys of the resource. */
@ValidationRule(
        value = "!has(self.data) || self.data.matches('" + CelRules.BUCKET_NAME + "')",
        fieldPath = ".data",
        message = "buckets.data '{{self.data}}' " + CelRules.NOT_A_BUCKET_NAME)
@ValidationRule(
        value = "!has(self.data) || !(self.data.contains('..') || self.data.matches('" + CelRules.IP_ADDRESS + "'))",
        fieldPath = ".data",
        message = "buckets.data '{{self.data}}' " + CelRules.BUCKET_NAME_DOTS)
@ValidationRule(
        value = "!has(self.data) || !self.data.matches('" + CelRules.RESERVED_BUCKET_NAME + "')",
        fieldPath = ".data",
        message = "buckets.data '{{self.data}}' " + CelRules.BUCKET_NAME_RESERVED)
@ValidationRule(
        value = "!has(self.backup) || self.backup.matches('" + CelRules.BUCKET_NAME + "')",
        fieldPath = ".backup",
        message = "buckets.backup '{{self.backup}}' " + CelRules.NOT_A_BUCKET_NAME)
@ValidationRule(
        value = "!has(self.backup) || !(self.backup.contains('..') || self.backup.matches('" + CelRules.IP_ADDRESS
                + "'))",
        fieldPath = ".backup",
        message = "buckets.backup '{{self.backup}}' " + CelRules.BUCKET_NAME_DOTS)
@ValidationRule(
        value = "!has(self.backup) || !self.backup.matches('" + CelRules.RESERVED_BUCKET_NAME + "')",
        fieldPath = ".backup",
        message = "buckets.backup '{{self.backup}}' " + CelRules.BUCKET_NAME_RESERVED)
@ValidationRule(
        value = "!has(self.data) || !has(self.backup) || self.data != self.backup",
        fieldPath = ".backup",
        message = "buckets.backup '{{self.backup}}' must be another bucket than buckets.data, because a "
                + "bucket has one default key: name a second bucket")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Buckets(
        @Size(max = 63) @JsonPropertyDescription("""
                The name of the S3 bucket for the data. The operator sets its default encryption to aws:kms with the data key \
                and the S3 Bucket Key on. Required with CMEK. The name must be valid in S3. Prefer hyphens to dots: a bucket with \
                dots in its name has no virtual-hosted HTTPS address.""") @Nullable
        String data,

        @Size(max = 63) @JsonPropertyDescription("""
                The name of the S3 bucket for the backups, which must differ from the data bucket. The operator sets its \
                default encryption to the backup key. Required with backupBucketKeyID. Without that key the operator does not \
                change the bucket.""") @Nullable
        String backup,

        @Default("Create") @JsonPropertyDescription("""
                Who creates the buckets. Create (the default): the operator creates a missing bucket, private and encrypted \
                before anyone can write to it, and adopts a bucket that exists in this account. Existing: the buckets must \
                exist, and a missing one is reported as BucketNotFound. The operator never re-keys a bucket that is under \
                another customer-managed key, and never deletes a bucket.""") @SchemaExtension(values = {"Create", "Existing"}) @Nullable
        String provisioning) {

    /** Who creates the buckets. An unset field means the default of the API, and an unknown value means {@code Existing}. */
    public Provisioning provisioningOrDefault() {
        return provisioning == null
                ? Provisioning.Create
                : UnknownValue.named(Provisioning.values(), provisioning).orElse(Provisioning.Existing);
    }

    Stream<UnknownValue> unknownValues() {
        return UnknownValue.in("spec.buckets.provisioning", provisioning, Provisioning.values());
    }
}
