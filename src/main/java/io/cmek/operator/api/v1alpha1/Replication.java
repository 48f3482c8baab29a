package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The databases that a Workgroup replicates, and the secondary region (R6). */
@ValidationRule(
        value = "self.region.matches('" + CelRules.REGION + "')",
        fieldPath = ".region",
        message = "replication.region '{{self.region}}' " + CelRules.NOT_A_REGION)
@ValidationRule(
        value = "!has(self.databases) || self.databases.all(d, d.matches('" + CelRules.DATABASE + "'))",
        fieldPath = ".databases",
        message = "replication.databases '{{self.databases.filter(d, !d.matches('" + CelRules.DATABASE
                + "'))[0]}}' must be the name of a database: 1 to 63 letters, digits, underscores and "
                + "hyphens, the first a letter or an underscore")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Replication(
        @Required @Size(max = 32) @JsonPropertyDescription("""
                The secondary region, for example us-west-2; it must differ from spec.region. After a database was admitted \
                or CMEK of the secondary region was configured, it can change only to the region of \
                status.replication.secondary. A workgroup with CMEK replicates only after a ReplicaCmek has configured keys \
                for the secondary region.""")
        String region,

        @Size(max = 256) @JsonPropertyDescription("""
                The databases to replicate, each once; an empty list stops replication. status.replication lists which of them \
                are admitted, and which are blocked and why.""") @Nullable @SchemaExtension(set = true)
        List<@Size(max = 63) String> databases) {

    /** The databases to replicate; never null, immutable. */
    public List<String> databasesOrEmpty() {
        return databases == null ? List.of() : List.copyOf(databases);
    }
}
