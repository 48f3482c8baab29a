package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** What a workgroup of the database service asks for. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkgroupSpec(
        @Required String region,
        @Nullable Cmek cmek,
        @Nullable Buckets buckets,
        @Nullable Volumes volumes,
        @Default("Managed") @Nullable PolicyManagement policyManagement,
        @Default("Retain") @Nullable DeletionPolicy deletionPolicy,
        @Nullable Replication replication) {

    /** Who writes the key policies; the default of the API where the field is not set. */
    public PolicyManagement policyManagementOrDefault() {
        return policyManagement == null ? PolicyManagement.Managed : policyManagement;
    }

    /** What deletion does to the key policies; the default of the API where the field is not set. */
    public DeletionPolicy deletionPolicyOrDefault() {
        return deletionPolicy == null ? DeletionPolicy.Retain : deletionPolicy;
    }
}
