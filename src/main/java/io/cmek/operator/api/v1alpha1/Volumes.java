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

/** The StorageClass whose volumes are encrypted with the data key (R12). */
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
                Parameters of the EBS CSI driver for the StorageClass, for example type: gp3. The operator itself sets encrypted \
                and kmsKeyId; they are not allowed here.""") @Nullable
        Map<String, @Size(max = 256) String> parameters,

        @Default("Retain") @JsonPropertyDescription("""
                What happens to a volume whose PersistentVolumeClaim is deleted. Retain (the default): it stays until somebody \
                deletes it. Delete: it is deleted with its data.""") @SchemaExtension(values = {"Retain", "Delete"}) @Nullable
        String reclaimPolicy) {

    /** The user's parameters for the StorageClass; never null, immutable. */
    public Map<String, String> parametersOrEmpty() {
        return parameters == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(parameters));
    }

    /**
     * The reclaim policy of the StorageClass. An unset field means the default of the API. An unknown value means {@code Retain}, but then the
     * operator creates no StorageClass.
     */
    public ReclaimPolicy reclaimPolicyOrDefault() {
        return UnknownValue.named(ReclaimPolicy.values(), reclaimPolicy).orElse(ReclaimPolicy.Retain);
    }

    Stream<UnknownValue> unknownValues() {
        return UnknownValue.in("spec.volumes.reclaimPolicy", reclaimPolicy, ReclaimPolicy.values());
    }
}
