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

/** The desired state of a workgroup of the database service. */
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
                + "dataBucketKeyID '{{oldSelf.cmek.dataBucketKeyID}}' and backupBucketKeyID as it was "
                + "{{has(oldSelf.cmek.backupBucketKeyID) ? \"'\" + oldSelf.cmek.backupBucketKeyID + \"'\" : "
                + "'(remove it)'}}; to rotate the key material, rotate the key in KMS (its ARN stays); for other "
                + "keys, create a new Workgroup and move the data")
@ValidationRule(
        value = "!has(self.cmek) || !self.cmek.dataBucketKeyID.matches('" + CelRules.KMS_ARN
                + "') || self.cmek.dataBucketKeyID.split(':')[3] == self.region",
        fieldPath = ".cmek.dataBucketKeyID",
        message =
                "dataBucketKeyID '{{self.cmek.dataBucketKeyID}}' must be a key in spec.region '{{self.region}}' and not in "
                        + "another region '{{self.cmek.dataBucketKeyID.split(':')[3]}}'"
                        + CelRules.KEY_IN_ANOTHER_REGION)
@ValidationRule(
        value = "!has(self.cmek) || !has(self.cmek.backupBucketKeyID) || !self.cmek.backupBucketKeyID.matches('"
                + CelRules.KMS_ARN + "') || self.cmek.backupBucketKeyID.split(':')[3] == self.region",
        fieldPath = ".cmek.backupBucketKeyID",
        message =
                "backupBucketKeyID '{{self.cmek.backupBucketKeyID}}' must be a key in spec.region '{{self.region}}' and not in "
                        + "another region '{{self.cmek.backupBucketKeyID.split(':')[3]}}'"
                        + CelRules.KEY_IN_ANOTHER_REGION)
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
                The AWS region of the workgroup, for example us-east-1. Keys and buckets must be in it. Immutable.""")
        String region,

        @JsonPropertyDescription("""
                The customer-managed encryption keys (CMEK) of the workgroup. It is set when the workgroup is created, and \
                cannot be added, changed or removed afterwards. A workgroup without CMEK can never get it, and neither can its \
                secondary region. The operator adds the statements that the service needs to the policy of each key, and \
                encrypts buckets and volumes with the keys. status.encryption and the conditions report the observed state. To \
                rotate the key material, rotate the key in KMS: the ARN stays. For other keys, create a new Workgroup and move \
                the data.""") @Nullable Cmek cmek,

        @JsonPropertyDescription("""
                The S3 buckets of the workgroup. Immutable: for other buckets, create a new Workgroup. A bucket belongs to one \
                resource; another resource that names it is not accepted (condition Accepted, BucketClaimedByAnother).""") @Nullable Buckets buckets,

        @JsonPropertyDescription("""
                The StorageClass for the volumes of the workgroup. When the data key is usable, the operator creates the \
                StorageClass cmek-<namespace>-<name> (status.storageClassName). Its volumes are encrypted with the data key. \
                Immutable.""") @Nullable Volumes volumes,

        @Default("Managed") @JsonPropertyDescription("""
                Who writes the key policies. Managed (the default): the operator adds its statements to the policy of each key \
                and repairs drift; it does not touch other statements. Publish: the operator does not write the policies; add the \
                statements of status.keys[].suggestedPolicy to the policy of each key by hand, and the resource \
                becomes Ready. Can be edited at any time.""") @SchemaExtension(values = {"Managed", "Publish"}) @Nullable
        String policyManagement,

        @Default("Retain") @JsonPropertyDescription("""
                What deletion does to the key policies. Retain (the default): nothing, so that no data becomes unreadable \
                because a manifest was pruned. Release: the operator removes its statements that no other resource requires. \
                The operator never deletes keys, buckets or data. Can be edited at any time.""") @SchemaExtension(values = {"Retain", "Release"}) @Nullable
        String deletionPolicy,

        @JsonPropertyDescription("""
                The databases to replicate, and the secondary region. Can be edited and removed until a database was admitted \
                or CMEK of the secondary region was configured. From then on it cannot be removed, and its region can change \
                only to the region of status.replication.secondary. databases can always be edited; databases: [] stops \
                replication. A workgroup with CMEK does not replicate until a ReplicaCmek for that region is Ready. \
                status.replication lists the admitted and the blocked databases.""") @Nullable Replication replication) {

    /**
     * Who writes the key policies. An unset field means the default of the API. An unknown value ({@link #unknownValues}) means {@code Publish},
     * so that the operator does not write.
     */
    public PolicyManagement policyManagementOrDefault() {
        return policyManagement == null
                ? PolicyManagement.Managed
                : UnknownValue.named(PolicyManagement.values(), policyManagement)
                        .orElse(PolicyManagement.Publish);
    }

    /**
     * What deletion does to the key policies. An unset or unknown value means {@code Retain}, so that the operator removes no statement. {@link
     * #hasUnknownDeletionPolicy} tells whether the deletion must wait.
     */
    public DeletionPolicy deletionPolicyOrDefault() {
        return UnknownValue.named(DeletionPolicy.values(), deletionPolicy).orElse(DeletionPolicy.Retain);
    }

    /** Whether this version does not know the value of {@code spec.deletionPolicy}. */
    public boolean hasUnknownDeletionPolicy() {
        return unknownValues().stream().anyMatch(v -> v.field().equals("spec.deletionPolicy"));
    }

    /** The enum values of the spec that this version does not know. */
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
