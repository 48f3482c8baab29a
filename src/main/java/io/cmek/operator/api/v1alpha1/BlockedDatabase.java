package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A database in spec.replication.databases that must not replicate yet (R6). */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BlockedDatabase(
        @Required @Size(max = 63) @JsonPropertyDescription("The name of the database.")
        String name,

        @Required @Size(max = 256) @JsonPropertyDescription("""
                Why the database must not replicate yet, for example SecondaryCmekRequired: create a ReplicaCmek for the \
                secondary region.""")
        String reason) {}
