package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The StorageClass through which volumes come into being under the data key (R12). */
@ValidationRule(
        value = "!has(self.parameters) || !self.parameters.exists(p, p.matches('" + CelRules.OUR_PARAMETER + "'))",
        fieldPath = ".parameters",
        reason = "FieldValueForbidden",
        message = "volumes.parameters '{{self.parameters.filter(p, p.matches('" + CelRules.OUR_PARAMETER
                + "'))[0]}}' must not be set, because the operator sets kmsKeyId and encrypted from the data "
                + "key: leave it out")
@ValidationRule(
        value = "!has(self.parameters) || self.parameters.all(p, p.matches('" + CelRules.PARAMETER + "'))",
        fieldPath = ".parameters",
        message = "volumes.parameters '{{self.parameters.filter(p, !p.matches('" + CelRules.PARAMETER
                + "'))[0]}}' must be the name of a parameter, 1 to 128 letters, digits, dots, hyphens, "
                + "underscores and slashes: use those that the EBS CSI driver documents, such as type, iops "
                + "or throughput")
@ValidationRule(
        value = "!has(self.parameters) || !self.parameters.exists(p, p.matches('" + CelRules.SECRET_PARAMETER + "'))",
        fieldPath = ".parameters",
        reason = "FieldValueForbidden",
        message = "volumes.parameters '{{self.parameters.filter(p, p.matches('" + CelRules.SECRET_PARAMETER
                + "'))[0]}}' must not be set, because a StorageClass could then read Secrets of other "
                + "namespaces: the EBS CSI driver needs none, so leave it out")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Volumes(
        @Size(max = 16) @JsonPropertyDescription("""
                Parameters of the EBS CSI driver, passed to the StorageClass as they are, for example type: gp3. The operator \
                adds encrypted and kmsKeyId itself; they are refused here.""") @Nullable
        Map<String, @Size(max = 256) String> parameters,

        @Default("Retain") @JsonPropertyDescription("""
                What happens to a volume whose claim is deleted. Retain (the default): it stays until a person deletes it. \
                Delete: it is deleted with its data.""") @SchemaExtension(values = {"Retain", "Delete"}) @Nullable
        String reclaimPolicy) {

    /** Parameters for the StorageClass beside the operator's own; never null, immutable. */
    public Map<String, String> parametersOrEmpty() {
        return parameters == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(parameters));
    }

    /**
     * The reclaim policy of the StorageClass; the default of the API where the field is not set. {@code Retain} where its value is not known,
     * but then no StorageClass is published.
     */
    public ReclaimPolicy reclaimPolicyOrDefault() {
        return UnknownValue.named(ReclaimPolicy.values(), reclaimPolicy).orElse(ReclaimPolicy.Retain);
    }

    Stream<UnknownValue> unknownValues() {
        return UnknownValue.in("spec.volumes.reclaimPolicy", reclaimPolicy, ReclaimPolicy.values());
    }
}
