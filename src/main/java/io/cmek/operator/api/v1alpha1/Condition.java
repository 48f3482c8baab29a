package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * One aspect of the state of a resource, in the shape of {@code metav1.Condition} (Kubernetes API conventions, "Typical status
 * properties"). docs/reference/conditions.md lists all types and reasons.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
        @Required @Size(min = 1, max = 316) @JsonPropertyDescription("""
                The aspect: Accepted, KeysUsable, PolicyApplied, AccessVerified, BucketsEncrypted, VolumesEncrypted, \
                ReplicationAllowed, FailoverReady, Deletable, Stalled, or Ready, which summarizes the others.""")
        String type,

        @Required @JsonPropertyDescription("""
                True, False or Unknown. False: the operator observed a fault. Unknown: the operator could not observe the \
                state. Only Stalled reports a problem when it is True.""") @SchemaExtension(values = {"True", "False", "Unknown"})
        String status,

        @Required
        @Size(min = 1, max = 1024)
        @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
        @JsonPropertyDescription("The reason, one of the documented list (docs/reference/conditions.md).")
        String reason,

        @Required
        @Size(max = 32768)
        @JsonPropertyDescription("A human-readable message: the affected object, the cause and the remedy.")
        String message,

        @Min(0) @JsonPropertyDescription("The metadata.generation that this condition is based on.") @Nullable
        Long observedGeneration,

        @Required
        @Size(max = 64)
        @JsonPropertyDescription(
                "The last time that status changed. A change of only reason or message does not update it.")
        @SchemaExtension(format = "date-time")
        String lastTransitionTime) {}
