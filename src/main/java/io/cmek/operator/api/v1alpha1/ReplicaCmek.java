package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The CMEK of a workgroup's secondary region: configured once, then fixed (R8). */
@ValidationRule(value = CelRules.NAME, message = "metadata.name '{{self.metadata.name}}' " + CelRules.NOT_A_NAME)
@AdditionalPrinterColumn(
        name = "Encryption",
        jsonPath = ".status.encryption",
        getDescription =
                "Whether the data is encrypted with the customer-managed keys: DISABLED, PENDING, ENABLED, DEGRADED, FAILED or UNKNOWN.")
@AdditionalPrinterColumn(name = "Region", jsonPath = ".spec.region", getDescription = "The AWS region.")
@AdditionalPrinterColumn(
        name = "Data key",
        // A column cannot truncate a value, and a whole ARN would be too wide for the default output.
        priority = 1,
        jsonPath = ".spec.dataBucketKeyID",
        getDescription = "The ARN of the data key.")
@AdditionalPrinterColumn(
        name = "Workgroup",
        jsonPath = ".spec.workgroupRef.name",
        getDescription = "The Workgroup whose secondary region this is.")
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        getDescription = "Whether the observed state matches the spec.")
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        getDescription = "The reason of the condition Ready.")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = AdditionalPrinterColumn.Type.DATE,
        getDescription = "Time since creation.")
@AdditionalPrinterColumn(
        name = "Storage class",
        priority = 1,
        jsonPath = ".status.storageClassName",
        getDescription = "The StorageClass whose volumes are encrypted with the data key.")
@AdditionalPrinterColumn(
        name = "Message",
        priority = 1,
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
        getDescription = "The message of the condition Ready: the cause and the remedy.")
@SchemaExtension(description = """
                The customer-managed encryption keys (CMEK) of a workgroup's secondary region. A Workgroup with CMEK does not replicate to that region before its ReplicaCmek is Ready. The keys are configured once and immutable afterwards: a ReplicaCmek that is deleted and created again must name the same keys.""")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonDeserialize(using = ReplicaCmek.Reader.class)
@Group("cmek.io")
@Version("v1alpha1")
@Kind("ReplicaCmek")
@Plural("replicacmeks")
@ShortNames("rcmek")
@Categories("cmek")
public final class ReplicaCmek extends CustomResource<ReplicaCmekSpec, ReplicaCmekStatus>
        implements Namespaced, StoredResource {

    private transient @Nullable Unreadable unreadable;

    /** Required: without the override, the API server would accept a resource that has no spec. */
    @Override
    @Required
    @JsonPropertyDescription(
            "Desired state of the secondary region. Every field except policyManagement and deletionPolicy is immutable.")
    public ReplicaCmekSpec getSpec() {
        return super.getSpec();
    }

    @Override
    @JsonPropertyDescription("Observed state, as last reported by the operator. Read-only.")
    public @Nullable ReplicaCmekStatus getStatus() {
        return super.getStatus();
    }

    /** Returns null until a spec is read or set, because an empty spec would be invalid. */
    @Override
    protected @Nullable ReplicaCmekSpec initSpec() {
        return null;
    }

    /** Returns null until the operator reports a status, because an empty status has no information. */
    @Override
    protected @Nullable ReplicaCmekStatus initStatus() {
        return null;
    }

    @Override
    public @Nullable Unreadable unreadable() {
        return unreadable;
    }

    @Override
    public List<UnknownValue> unknownValues() {
        return getSpec() == null ? List.of() : getSpec().unknownValues();
    }

    static final class Reader extends StoredResourceReader<ReplicaCmekSpec, ReplicaCmekStatus, ReplicaCmek> {

        Reader() {
            super(
                    ReplicaCmek::new,
                    ReplicaCmekSpec.class,
                    ReplicaCmekStatus.class,
                    RequiredFields::check,
                    RequiredFields::check,
                    (resource, why) -> resource.unreadable = why);
        }
    }
}
