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

/** A workgroup of the database service, in its primary region. */
@ValidationRule(value = CelRules.NAME, message = "metadata.name '{{self.metadata.name}}' " + CelRules.NOT_A_NAME)
// The rules are at the root, because they read the status. The API server also evaluates them when the operator
// writes the status or removes its finalizer. So they compare with the old spec and accept an unchanged one.
@ValidationRule(
        value = CelRules.REPLICATION_IS_FREE + " || !has(oldSelf.spec.replication) || has(self.spec.replication)",
        fieldPath = ".spec.replication",
        reason = "FieldValueForbidden",
        message = "replication cannot be removed, because databases were admitted to the region "
                + "'{{oldSelf.spec.replication.region}}' or its CMEK is configured: put replication back with that region. "
                + CelRules.STOP_REPLICATION)
@ValidationRule(
        value = CelRules.REPLICATION_IS_FREE + " || !has(self.spec.replication)"
                + " || (has(oldSelf.spec.replication)"
                + " && self.spec.replication.region == oldSelf.spec.replication.region)"
                + " || (has(oldSelf.status.replication.secondary)"
                + " ? oldSelf.status.replication.secondary.dataBucketKeyID"
                + ".contains(':kms:' + self.spec.replication.region + ':')"
                + " : !has(oldSelf.spec.replication) && (!has(oldSelf.status.replication.region)"
                + " || self.spec.replication.region == oldSelf.status.replication.region))",
        fieldPath = ".spec.replication.region",
        reason = "FieldValueForbidden",
        message = "replication.region '{{self.spec.replication.region}}' is not the region '{{"
                + CelRules.REPLICATION_REGION
                + "}}' to which databases were admitted or whose CMEK is configured: set that one. "
                + CelRules.STOP_REPLICATION)
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
        jsonPath = ".spec.cmek.dataBucketKeyID",
        getDescription = "The ARN of the data key.")
@AdditionalPrinterColumn(
        name = "Replication",
        jsonPath = ".status.conditions[?(@.type==\"ReplicationAllowed\")].reason",
        getDescription =
                "Whether databases may replicate to the secondary region: the reason of the condition ReplicationAllowed.")
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
                A workgroup of the database service in its primary region, with the customer-managed encryption keys (CMEK), the buckets and the volumes that hold its data. status.encryption says whether the data is encrypted with these keys. The condition Ready has the cause and the remedy if not.""")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonDeserialize(using = Workgroup.Reader.class)
@Group("cmek.io")
@Version("v1alpha1")
@Kind("Workgroup")
@Plural("workgroups")
@ShortNames("wg")
@Categories("cmek")
public final class Workgroup extends CustomResource<WorkgroupSpec, WorkgroupStatus>
        implements Namespaced, StoredResource {

    private transient @Nullable Unreadable unreadable;

    /** Required: without the override, the API server would accept a resource that has no spec. */
    @Override
    @Required
    @JsonPropertyDescription(
            "Desired state of the workgroup. Keys, buckets and volumes are immutable. policyManagement, deletionPolicy and replication.databases can be edited at any time. The rest of replication can be edited until a database was admitted or CMEK of the secondary region was configured.")
    public WorkgroupSpec getSpec() {
        return super.getSpec();
    }

    @Override
    @JsonPropertyDescription("Observed state, as last reported by the operator. Read-only.")
    public @Nullable WorkgroupStatus getStatus() {
        return super.getStatus();
    }

    /** Returns null until a spec is read or set, because an empty spec would be invalid. */
    @Override
    protected @Nullable WorkgroupSpec initSpec() {
        return null;
    }

    /** Returns null until the operator reports a status, because an empty status has no information. */
    @Override
    protected @Nullable WorkgroupStatus initStatus() {
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

    static final class Reader extends StoredResourceReader<WorkgroupSpec, WorkgroupStatus, Workgroup> {

        Reader() {
            super(
                    Workgroup::new,
                    WorkgroupSpec.class,
                    WorkgroupStatus.class,
                    RequiredFields::check,
                    RequiredFields::check,
                    (resource, why) -> resource.unreadable = why);
        }
    }
}
