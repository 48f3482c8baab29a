package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a workgroup of the database service asks for. */
@ValidationRule(
        value = "self.region.matches('" + CelRules.REGION + "')",
        fieldPath = ".region",
        message = "region '{{self.region}}' " + CelRules.NOT_A_REGION)
@ValidationRule(
        value = "self.region == oldSelf.region",
        fieldPath = ".region",
        reason = "FieldValueForbidden",
        message = "region is fixed when the workgroup is created, because its data does not move: keep the "
                + "region '{{oldSelf.region}}', or create a new Workgroup in the other one")
@ValidationRule(
        value = "has(oldSelf.cmek) || !has(self.cmek)",
        fieldPath = ".cmek",
        reason = "FieldValueForbidden",
        message = "cmek cannot be added, because a workgroup that was created without CMEK never gets it: "
                + "leave it out, or create a new Workgroup with cmek and move the data there")
@ValidationRule(
        value = "!has(oldSelf.cmek) || has(self.cmek)",
        fieldPath = ".cmek",
        reason = "FieldValueForbidden",
        message = "cmek cannot be removed, because the data of this workgroup is encrypted with its keys: "
                + "put back dataBucketKeyID '{{oldSelf.cmek.dataBucketKeyID}}' and the rest of cmek as it was")
@ValidationRule(
        value = "!has(oldSelf.cmek) || !has(self.cmek) || self.cmek == oldSelf.cmek",
        fieldPath = ".cmek",
        reason = "FieldValueForbidden",
        message = "cmek is configured once, when the workgroup is created, and cannot be changed: put back "
                + "dataBucketKeyID '{{oldSelf.cmek.dataBucketKeyID}}' and backupBucketKeyID "
                + "'{{has(oldSelf.cmek.backupBucketKeyID) ? oldSelf.cmek.backupBucketKeyID : 'unset'}}' as "
                + "they were; to rotate the key material, rotate the key in KMS (its ARN stays); for other "
                + "keys, create a new Workgroup and move the data")
@ValidationRule(
        value = "!has(self.cmek) || !self.cmek.dataBucketKeyID.matches('" + CelRules.KMS_ARN
                + "') || self.cmek.dataBucketKeyID.split(':')[3] == self.region",
        fieldPath = ".cmek.dataBucketKeyID",
        message = "dataBucketKeyID '{{self.cmek.dataBucketKeyID}}' " + CelRules.KEY_IN_ANOTHER_REGION)
@ValidationRule(
        value = "!has(self.cmek) || !has(self.cmek.backupBucketKeyID) || !self.cmek.backupBucketKeyID.matches('"
                + CelRules.KMS_ARN + "') || self.cmek.backupBucketKeyID.split(':')[3] == self.region",
        fieldPath = ".cmek.backupBucketKeyID",
        message = "backupBucketKeyID '{{self.cmek.backupBucketKeyID}}' " + CelRules.KEY_IN_ANOTHER_REGION)
@ValidationRule(
        value = "!has(self.cmek) || (has(self.buckets) && has(self.buckets.data))",
        fieldPath = ".buckets",
        reason = "FieldValueRequired",
        message = "buckets.data must be named together with cmek, because the data key encrypts the data "
                + "bucket: set spec.buckets.data")
@ValidationRule(
        value = "!has(self.cmek) || !has(self.cmek.backupBucketKeyID) || (has(self.buckets) && "
                + "has(self.buckets.backup))",
        fieldPath = ".buckets",
        reason = "FieldValueRequired",
        message = "buckets.backup " + CelRules.NO_BACKUP_BUCKET)
@ValidationRule(
        value = "has(self.buckets) == has(oldSelf.buckets) && (!has(self.buckets) || self.buckets == "
                + "oldSelf.buckets)",
        fieldPath = ".buckets",
        reason = "FieldValueForbidden",
        message = "buckets are fixed when the workgroup is created " + CelRules.FIXED)
@ValidationRule(
        value = "has(self.volumes) == has(oldSelf.volumes) && (!has(self.volumes) || self.volumes == "
                + "oldSelf.volumes)",
        fieldPath = ".volumes",
        reason = "FieldValueForbidden",
        message = "volumes are fixed when the workgroup is created " + CelRules.FIXED)
@ValidationRule(
        value = "!has(self.replication) || self.replication.region != self.region",
        fieldPath = ".replication.region",
        message = "replication.region '{{self.replication.region}}' must be another region than spec.region: "
                + "name the secondary region")
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkgroupSpec(
        @Required @Size(max = 32) @JsonPropertyDescription("""
                The AWS region of the workgroup, for example us-east-1. Keys and buckets must be in it. Fixed: a workgroup \
                does not move.""")
        String region,

        @JsonPropertyDescription("""
                The customer-managed encryption keys (CMEK) of the workgroup. Present or absent for life: it is configured \
                once, when the workgroup is created, and cannot be added, changed or removed afterwards; a workgroup without it \
                can never get it, in the secondary region neither. With it, the operator puts the statements that the service \
                needs into the policy of each key, encrypts buckets and volumes with them, and reports in status.encryption \
                and the conditions whether that is really so. To rotate the key material, rotate the key in KMS: the ARN \
                stays. For other keys, create a new Workgroup and move the data.""") @Nullable Cmek cmek,

        @JsonPropertyDescription("""
                The S3 buckets of the workgroup. Fixed: for other buckets, create a new Workgroup. One bucket belongs to one \
                resource; a second one that names it is refused by the condition Accepted (BucketClaimedByAnother).""") @Nullable Buckets buckets,

        @JsonPropertyDescription("""
                How the volumes of the workgroup are made. The operator publishes the StorageClass cmek-<namespace>-<name> \
                (status.storageClassName), whose volumes are encrypted with the data key, as soon as the key is usable. \
                Fixed.""") @Nullable Volumes volumes,

        @Default("Managed") @JsonPropertyDescription("""
                Who writes the key policies. Managed (the default): the operator adds its statements to the policy of each key \
                and keeps them there; what others wrote stays untouched. Publish: the operator writes nothing; add the \
                statements of status.keys[].suggestedPolicy to the policy of each key by hand, and it turns Ready by itself. Can be \
                edited at any time.""") @SchemaExtension(values = {"Managed", "Publish"}) @Nullable
        String policyManagement,

        @Default("Retain") @JsonPropertyDescription("""
                What deletion does to the key policies. Retain (the default): nothing, so that no data becomes unreadable \
                because a manifest was pruned. Release: the operator's statements are taken back as far as no other resource \
                needs them. Keys, buckets and data are never deleted. Can be edited at any time.""") @SchemaExtension(values = {"Retain", "Release"}) @Nullable
        String deletionPolicy,

        @JsonPropertyDescription("""
                Which databases are replicated to which other region. Can be edited and removed until a database was admitted \
                or CMEK of the secondary region was configured. From then on it cannot be removed, and its region can change \
                only to the region of status.replication.secondary; databases can always be edited, and databases: [] stops \
                replication. A workgroup with CMEK replicates nothing until a ReplicaCmek for that region is Ready; \
                status.replication says what is admitted and what is blocked.""") @Nullable Replication replication) {

    /**
     * Who writes the key policies; the default of the API where the field is not set. {@code Publish} where its value is not known
     * ({@link #unknownValues}): then the operator is not to write.
     */
    public PolicyManagement policyManagementOrDefault() {
        return policyManagement == null
                ? PolicyManagement.Managed
                : UnknownValue.named(PolicyManagement.values(), policyManagement)
                        .orElse(PolicyManagement.Publish);
    }

    /**
     * What deletion does to the key policies; the default of the API where the field is not set. {@code Retain} where its value is not known,
     * so that nothing is taken; whether the resource may go then, {@link #unknownValues} decides.
     */
    public DeletionPolicy deletionPolicyOrDefault() {
        return UnknownValue.named(DeletionPolicy.values(), deletionPolicy).orElse(DeletionPolicy.Retain);
    }

    /** Whether nobody can tell what is to become of the key policies when the resource is deleted. */
    public boolean hasUnknownDeletionPolicy() {
        return unknownValues().stream().anyMatch(v -> v.field().equals("spec.deletionPolicy"));
    }

    /** The values that this version does not know; empty where it knows all. */
    public List<UnknownValue> unknownValues() {
        return Stream.of(
                        UnknownValue.in("spec.policyManagement", policyManagement, PolicyManagement.values()),
                        UnknownValue.in("spec.deletionPolicy", deletionPolicy, DeletionPolicy.values()),
                        buckets == null ? Stream.<UnknownValue>empty() : buckets.unknownValues(),
                        volumes == null ? Stream.<UnknownValue>empty() : volumes.unknownValues())
                .flatMap(values -> values)
                .toList();
    }
}
