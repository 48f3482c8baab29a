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

/** The CMEK of a workgroup's secondary region: configured once, then fixed (R8). */
@JsonIgnoreProperties(ignoreUnknown = true)
@Group("cmek.io")
@Version("v1alpha1")
@Kind("ReplicaCmek")
@Plural("replicacmeks")
@ShortNames("rcmek")
@Categories("cmek")
public class ReplicaCmek extends CustomResource<ReplicaCmekSpec, ReplicaCmekStatus> implements Namespaced {

    /** Required: without the override, the API server would accept a resource that has no spec. */
    @Override
    @Required
    @JsonPropertyDescription(
            "What the secondary region asks for. Everything but policyManagement and deletionPolicy is fixed when it is created.")
    public ReplicaCmekSpec getSpec() {
        return super.getSpec();
    }

    @Override
    @JsonPropertyDescription("What is so, as the operator last saw it; written by the operator only.")
    public @Nullable ReplicaCmekStatus getStatus() {
        return super.getStatus();
    }

    /** No spec until one is read or set: an empty one would be invalid. */
    @Override
    protected @Nullable ReplicaCmekSpec initSpec() {
        return null;
    }

    /** No status until the operator reports one: an empty one would tell nothing. */
    @Override
    protected @Nullable ReplicaCmekStatus initStatus() {
        return null;
    }
}
