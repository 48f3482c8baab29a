package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** The customer-managed encryption keys of a workgroup's secondary region (R9). */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ReplicaCmekSpec(
        @Required WorkgroupRef workgroupRef,
        @Required String region,
        @Required String dataBucketKeyID,
        @Nullable String backupBucketKeyID,
        @Required Buckets buckets,
        @Nullable Volumes volumes,
        @Default("Managed") @Nullable PolicyManagement policyManagement,
        @Default("Retain") @Nullable DeletionPolicy deletionPolicy) {

    /** Who writes the key policies; the default of the API where the field is not set. */
    public PolicyManagement policyManagementOrDefault() {
        return policyManagement == null ? PolicyManagement.Managed : policyManagement;
    }

    /** What deletion does to the key policies; the default of the API where the field is not set. */
    public DeletionPolicy deletionPolicyOrDefault() {
        return deletionPolicy == null ? DeletionPolicy.Retain : deletionPolicy;
    }
}
