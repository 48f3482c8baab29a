package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The StorageClass through which volumes come into being under the data key (R12). */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Volumes(
        @Nullable Map<String, String> parameters,
        @Default("Retain") @Nullable ReclaimPolicy reclaimPolicy) {

    /** Parameters for the StorageClass beside the operator's own; never null, immutable. */
    public Map<String, String> parametersOrEmpty() {
        return parameters == null ? Map.of() : Map.copyOf(parameters);
    }

    /** The reclaim policy of the StorageClass; the default of the API where the field is not set. */
    public ReclaimPolicy reclaimPolicyOrDefault() {
        return reclaimPolicy == null ? ReclaimPolicy.Retain : reclaimPolicy;
    }
}
