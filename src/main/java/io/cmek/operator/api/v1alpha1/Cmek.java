package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The customer-managed encryption keys of a Workgroup (R1): set at creation, immutable afterwards (R8). */
@ValidationRule(
        value = "!self.dataBucketKeyID.matches('" + CelRules.ALIAS + "')",
        fieldPath = ".dataBucketKeyID",
        message = "dataBucketKeyID '{{self.dataBucketKeyID}}' " + CelRules.IS_AN_ALIAS)
@ValidationRule(
        value = "self.dataBucketKeyID.matches('" + CelRules.ALIAS + "') || self.dataBucketKeyID.matches('"
                + CelRules.KEY_ARN + "')",
        fieldPath = ".dataBucketKeyID",
        message = "dataBucketKeyID '{{self.dataBucketKeyID}}' " + CelRules.NOT_A_KEY_ARN)
@ValidationRule(
        value = "!has(self.backupBucketKeyID) || !self.backupBucketKeyID.matches('" + CelRules.ALIAS + "')",
        fieldPath = ".backupBucketKeyID",
        message = "backupBucketKeyID '{{self.backupBucketKeyID}}' " + CelRules.IS_AN_ALIAS)
@ValidationRule(
        value = "!has(self.backupBucketKeyID) || self.backupBucketKeyID.matches('" + CelRules.ALIAS
                + "') || self.backupBucketKeyID.matches('" + CelRules.KEY_ARN + "')",
        fieldPath = ".backupBucketKeyID",
        message = "backupBucketKeyID '{{self.backupBucketKeyID}}' " + CelRules.NOT_A_KEY_ARN)
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cmek(
        @Required @Size(max = 128) @JsonPropertyDescription("""
                The ARN of the KMS key for the data: it encrypts the EBS volumes and the data bucket. A symmetric, \
                customer-managed, enabled key in the region of the workgroup, in any account; single-region (key/…) or \
                multi-region (key/mrk-…). Not an alias, because an alias can be pointed at another key. The operator adds the \
                statements that the service needs to the key policy and changes nothing else there. The condition KeysUsable \
                reports a key that cannot be used, with the reason and the remedy. Example: \
                arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab.""")
        String dataBucketKeyID,

        @Size(max = 128) @JsonPropertyDescription("""
                The ARN of the KMS key for the backup bucket: the same key as dataBucketKeyID or another one, with the same \
                requirements. Without it the backup bucket is not under CMEK, and it cannot be added later. Requires \
                spec.buckets.backup.""") @Nullable
        String backupBucketKeyID) {}
