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

/** The customer-managed encryption keys of a workgroup's secondary region (R9). */
@ValidationRule(
        value = "self.workgroupRef == oldSelf.workgroupRef",
        fieldPath = ".workgroupRef",
        reason = "FieldValueForbidden",
        message = "workgroupRef is fixed when the ReplicaCmek is created: keep the name "
                + "'{{oldSelf.workgroupRef.name}}', or create a ReplicaCmek for the other Workgroup")
@ValidationRule(
        value = "self.region.matches('" + CelRules.REGION + "')",
        fieldPath = ".region",
        message = "region '{{self.region}}' " + CelRules.NOT_A_REGION)
@ValidationRule(
        value = "self.region == oldSelf.region",
        fieldPath = ".region",
        reason = "FieldValueForbidden",
        message = "region is fixed when the ReplicaCmek is created: keep the region '{{oldSelf.region}}'")
@ValidationRule(
        value = "!self.dataBucketKeyID.matches('" + CelRules.ALIAS + "')",
        fieldPath = ".dataBucketKeyID",
        message = "dataBucketKeyID '{{self.dataBucketKeyID}}' " + CelRules.IS_AN_ALIAS)
@ValidationRule(
        value = "self.dataBucketKeyID.matches('" + CelRules.ALIAS + "') || self.dataBucketKeyID.matches('"
                + CelRules.KEY_ARN + "')",
        fieldPath = ".dataBucketKeyID",
        message = "dataBucketKeyID '{{self.dataBucketKeyID}}' " + CelRules.NOT_A_KEY_ARN)
@ValidationRule(
        value = "!self.dataBucketKeyID.matches('" + CelRules.KMS_ARN
                + "') || self.dataBucketKeyID.split(':')[3] == self.region",
        fieldPath = ".dataBucketKeyID",
        message =
                "dataBucketKeyID '{{self.dataBucketKeyID}}' must be a key in spec.region '{{self.region}}' and not in "
                        + "another region '{{self.dataBucketKeyID.split(':')[3]}}'" + CelRules.KEY_IN_ANOTHER_REGION)
@ValidationRule(
        value = "self.dataBucketKeyID == oldSelf.dataBucketKeyID",
        fieldPath = ".dataBucketKeyID",
        reason = "FieldValueForbidden",
        message = "dataBucketKeyID cannot be changed, because the CMEK of the secondary region is configured "
                + "once: keep the key '{{oldSelf.dataBucketKeyID}}'; to rotate the key material, rotate the "
                + "key in KMS (its ARN stays)")
@ValidationRule(
        value = "!has(self.backupBucketKeyID) || !self.backupBucketKeyID.matches('" + CelRules.ALIAS + "')",
        fieldPath = ".backupBucketKeyID",
        message = "backupBucketKeyID '{{self.backupBucketKeyID}}' " + CelRules.IS_AN_ALIAS)
@ValidationRule(
        value = "!has(self.backupBucketKeyID) || self.backupBucketKeyID.matches('" + CelRules.ALIAS
                + "') || self.backupBucketKeyID.matches('" + CelRules.KEY_ARN + "')",
        fieldPath = ".backupBucketKeyID",
        message = "backupBucketKeyID '{{self.backupBucketKeyID}}' " + CelRules.NOT_A_KEY_ARN)
@ValidationRule(
        value = "!has(self.backupBucketKeyID) || !self.backupBucketKeyID.matches('" + CelRules.KMS_ARN
                + "') || self.backupBucketKeyID.split(':')[3] == self.region",
        fieldPath = ".backupBucketKeyID",
        message =
                "backupBucketKeyID '{{self.backupBucketKeyID}}' must be a key in spec.region '{{self.region}}' and not in "
                        + "another region '{{self.backupBucketKeyID.split(':')[3]}}'" + CelRules.KEY_IN_ANOTHER_REGION)
@ValidationRule(
        value = "has(self.backupBucketKeyID) == has(oldSelf.backupBucketKeyID) && "
                + "(!has(self.backupBucketKeyID) || self.backupBucketKeyID == oldSelf.backupBucketKeyID)",
        fieldPath = ".backupBucketKeyID",
        reason = "FieldValueForbidden",
        message = "backupBucketKeyID cannot be added, changed or removed, because the CMEK of the secondary "
                + "region is configured once: put it back as it was {{has(oldSelf.backupBucketKeyID) ? "
                + "\"'\" + oldSelf.backupBucketKeyID + \"'\" : '(remove it)'}}; to rotate the key material, rotate "
                + "the key in KMS (its ARN stays)")
@ValidationRule(
        value = "has(self.buckets.data)",
        fieldPath = ".buckets",
        reason = "FieldValueRequired",
        message = "buckets.data must be named, because the data key encrypts the data bucket: set spec.buckets.data")
@ValidationRule(
        value = "!has(self.backupBucketKeyID) || has(self.buckets.backup)",
        fieldPath = ".buckets",
        reason = "FieldValueRequired",
        message = "buckets.backup " + CelRules.NO_BACKUP_BUCKET)
@ValidationRule(
        value = "self.buckets == oldSelf.buckets",
        fieldPath = ".buckets",
        reason = "FieldValueForbidden",
        message = "buckets are fixed when the ReplicaCmek is created " + CelRules.FIXED)
@ValidationRule(
        value = "has(self.volumes) == has(oldSelf.volumes) && (!has(self.volumes) || self.volumes == "
                + "oldSelf.volumes)",
        fieldPath = ".volumes",
        reason = "FieldValueForbidden",
        message = "volumes are fixed when the ReplicaCmek is created " + CelRules.FIXED)
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ReplicaCmekSpec(
        @Required @JsonPropertyDescription("""
                The Workgroup whose secondary region this is, in the same namespace. It must have CMEK; \
                otherwise the ReplicaCmek is never accepted (PrimaryNotEncrypted). Immutable.""") WorkgroupRef workgroupRef,

        @Required @Size(max = 32) @JsonPropertyDescription("""
                The secondary region, for example us-west-2: the replication.region of the Workgroup. Keys and buckets must be \
                in it. Immutable.""")
        String region,

        @Required @Size(max = 128) @JsonPropertyDescription("""
                The ARN of the KMS key for the data of the secondary region: it encrypts the EBS volumes and the data bucket \
                there. A symmetric, customer-managed, enabled key in that region: a single-region key (key/…) or the replica of \
                a multi-region key (key/mrk-…). Not an alias. Immutable, after a failover too, and a new ReplicaCmek \
                must name the same key.""")
        String dataBucketKeyID,

        @Size(max = 128) @JsonPropertyDescription("""
                The ARN of the KMS key for the backup bucket of the secondary region: the same key as dataBucketKeyID or \
                another one. Without it that bucket is not under CMEK, and it cannot be added later. Requires \
                spec.buckets.backup. Immutable.""") @Nullable
        String backupBucketKeyID,

        @Required @JsonPropertyDescription("""
                The S3 buckets of the secondary region; buckets.data is required. Immutable. A bucket belongs to one resource: \
                do not name a bucket of the Workgroup.""") Buckets buckets,

        @JsonPropertyDescription("""
                The StorageClass for the volumes of the secondary region. The operator creates it only in a cluster of that \
                region (cmek.cluster-region). Immutable.""") @Nullable Volumes volumes,

        @Default("Managed") @JsonPropertyDescription("""
                Who writes the policies of the secondary region's keys and the additional statement on the primary's data key. \
                Managed (the default): the operator adds its statements and repairs drift; it does not touch other \
                statements. Publish: the operator does not write the policies; add the statements of status.keys[].suggestedPolicy to the \
                policy of each key by hand, and the resource becomes Ready. Can be edited at any time.""") @SchemaExtension(values = {"Managed", "Publish"}) @Nullable
        String policyManagement,

        @Default("Retain") @JsonPropertyDescription("""
                What deletion does to the key policies. Retain (the default): nothing, so that no data becomes unreadable \
                because a manifest was pruned. Release: the operator removes its statements that no other resource requires. \
                The operator never deletes keys, buckets or data. Can be edited at any time.""") @SchemaExtension(values = {"Retain", "Release"}) @Nullable
        String deletionPolicy) {

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
