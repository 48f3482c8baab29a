package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** The Workgroup that a ReplicaCmek belongs to, in the same namespace. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkgroupRef(
        @Required
        @Size(min = 1, max = 63)
        @JsonPropertyDescription(
                "The metadata.name of the Workgroup, in the namespace of this resource. It may be created later: until then the"
                        + " condition Accepted is False with the reason WorkgroupNotFound.")
        String name) {}
