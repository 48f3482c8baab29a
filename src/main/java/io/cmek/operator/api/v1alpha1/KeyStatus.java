package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One entry per purpose (R4). A key with two purposes has two entries. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KeyStatus(
        @Required @JsonPropertyDescription("""
                What the key is for. Data: volumes and data bucket. Backup: backup bucket. Primary (on a ReplicaCmek): the data \
                key of the primary region, which the secondary region uses for replication.""") @Nullable Purpose purpose,

        @Required @Size(max = 128) @JsonPropertyDescription("The ARN of the key in the spec.")
        String arn,

        @Required @JsonPropertyDescription("""
                ENABLED: the key is usable, its policy is applied, the access of the service is verified, and everything that \
                the key is for is encrypted with it. PENDING: in progress, or waiting for something that needs no user action. \
                FAILED: user action is required; the first condition that is not True has the remedy. UNKNOWN: the resource was \
                ENABLED, but the operator could not read AWS for longer than cmek.facts-max-age.""") @Nullable KeyEncryptionState state,

        @Size(max = 64) @JsonPropertyDescription("""
                The KeyState as reported by KMS: Enabled, Disabled, PendingDeletion, PendingImport, Unavailable and so on. \
                Empty until the operator has read it from KMS.""") String keyState,

        @JsonPropertyDescription("Whether the key is a multi-region key, primary or replica.") @Nullable
        Boolean multiRegion,

        @Required @Size(max = 32768) @JsonPropertyDescription("""
                The statements that the service needs in the policy of this key, as JSON to paste into the list "Statement". \
                Present from the first status on, even if AWS is unreachable. If several resources share the key for the same \
                purpose, the statements name the principals of all of them. With policyManagement Managed the operator adds \
                the statements; with Publish, the owner of the key adds them.""")
        String suggestedPolicy) {

    /** A missing {@code keyState} becomes the empty string: the operator has not read the key yet. */
    public KeyStatus {
        keyState = keyState == null ? "" : keyState;
    }
}
