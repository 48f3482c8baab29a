package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The Workgroup that a ReplicaCmek belongs to, in the same namespace. */
@ValidationRule(
        value = "self.name.matches('" + CelRules.DNS_LABEL + "')",
        fieldPath = ".name",
        message = "workgroupRef.name '{{self.name}}' must be the metadata.name of a Workgroup in the same "
                + "namespace, lowercase letters, digits and hyphens: leave the namespace out")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkgroupRef(
        @Required @Size(max = 63) @JsonPropertyDescription("""
                The metadata.name of the Workgroup, in the namespace of this resource. The Workgroup may be created later. Until \
                then the condition Accepted is False with the reason WorkgroupNotFound.""")
        String name) {}
