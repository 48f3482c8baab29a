package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * One aspect of the state of a resource, in the shape of {@code metav1.Condition} (Kubernetes API conventions, "Typical status
 * properties"). Types and reasons are a closed list: docs/reference/conditions.md.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
        @Required String type,
        @Required String status,
        @Required String reason,
        @Required String message,
        @Nullable Long observedGeneration,
        @Required String lastTransitionTime) {}
