package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/** A workgroup of the database service, in its primary region. */
@JsonIgnoreProperties(ignoreUnknown = true)
@Group("cmek.io")
@Version("v1alpha1")
@Kind("Workgroup")
@Plural("workgroups")
@ShortNames("wg")
@Categories("cmek")
public class Workgroup extends CustomResource<WorkgroupSpec, WorkgroupStatus> implements Namespaced {

    /** Required: without the override, the API server would accept a resource that has no spec. */
    @Override
    @Required
    @JsonPropertyDescription(
            "What the workgroup asks for. Keys, buckets and volumes are fixed when it is created; policyManagement, deletionPolicy and replication can be edited.")
    public WorkgroupSpec getSpec() {
        return super.getSpec();
    }

    @Override
    @JsonPropertyDescription("What is so, as the operator last saw it; written by the operator only.")
    public @Nullable WorkgroupStatus getStatus() {
        return super.getStatus();
    }

    /** No spec until one is read or set: an empty one would be invalid. */
    @Override
    protected @Nullable WorkgroupSpec initSpec() {
        return null;
    }

    /** No status until the operator reports one: an empty one would tell nothing. */
    @Override
    protected @Nullable WorkgroupStatus initStatus() {
        return null;
    }
}
