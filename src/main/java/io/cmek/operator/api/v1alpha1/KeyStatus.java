package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One line per key (R4). Two purposes on the same key are two lines. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KeyStatus(
        @Required @JsonPropertyDescription("""
                What the key is for. Data: volumes and data bucket. Backup: backup bucket. Primary (on a ReplicaCmek): the data \
                key of the primary region, which the secondary region reads with.""") @Nullable Purpose purpose,

        @Required @Size(max = 128) @JsonPropertyDescription("The ARN of the key, as the spec names it.")
        String arn,

        @Required @JsonPropertyDescription("""
                ENABLED: the key is valid, its policy is in place, the service's access is shown, and what the key is for is \
                encrypted with it. PENDING: work goes on, or it waits for something that may come by itself. FAILED: a person \
                must act; the first condition that is not True says what to do. UNKNOWN: the resource was enabled, and AWS could \
                not be read for longer than cmek.facts-max-age.""") @Nullable KeyEncryptionState state,

        @Size(max = 64) @JsonPropertyDescription("""
                The state of the key as KMS says it: Enabled, Disabled, PendingDeletion, PendingImport, Unavailable and so on. \
                Empty while KMS could not be asked yet.""") String keyState,

        @JsonPropertyDescription("Whether it is a multi-region key, primary or replica, as KMS says it.") @Nullable
        Boolean multiRegion,

        @Required @Size(max = 32768) @JsonPropertyDescription("""
                The statements that the service needs in the policy of this key, as JSON, ready to be pasted into the list \
                "Statement". Always here, from the first status on, even when AWS cannot be reached. On a key that several \
                resources share, they name the principals of all that use it for the same purpose. With policyManagement Managed \
                the operator adds them itself; with Publish, the owner of the key does.""")
        String suggestedPolicy) {

    /** A missing {@code keyState} is the empty text: KMS has not been asked yet. */
    public KeyStatus {
        keyState = keyState == null ? "" : keyState;
    }
}
