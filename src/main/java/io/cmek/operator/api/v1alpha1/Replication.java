package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which databases a Workgroup replicates, and to which region (R6). */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Replication(@Required String region, @Nullable List<String> databases) {

    /** The databases to replicate; never null, immutable. */
    public List<String> databasesOrEmpty() {
        return databases == null ? List.of() : List.copyOf(databases);
    }
}
