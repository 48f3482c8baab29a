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
 * properties"). Types and reasons are a closed list: docs/reference/conditions.md.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
        @Required @Size(min = 1, max = 316) @JsonPropertyDescription("""
                Which aspect it is: Accepted, KeysUsable, PolicyApplied, AccessVerified, BucketsEncrypted, VolumesEncrypted, \
                ReplicationAllowed, FailoverReady, Deletable, Stalled, or Ready, which sums up the others.""")
        String type,

        @Required @JsonPropertyDescription("""
                True, False or Unknown. False: looked, and it is wrong. Unknown: could not look. Only Stalled is bad news \
                while True.""") @SchemaExtension(values = {"True", "False", "Unknown"})
        String status,

        @Required
        @Size(min = 1, max = 1024)
        @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
        @JsonPropertyDescription("Why, as one word out of a documented, closed list.")
        String reason,

        @Required
        @Size(max = 32768)
        @JsonPropertyDescription("Why, as a sentence for people: what is concerned, and what to do.")
        String message,

        @Min(0)
        @JsonPropertyDescription("The metadata.generation of the resource that this condition was found for.")
        @Nullable
        Long observedGeneration,

        @Required
        @Size(max = 64)
        @JsonPropertyDescription("When status last changed; it does not move when only reason or message do.")
        @SchemaExtension(format = "date-time")
        String lastTransitionTime) {}
