package io.cmek.operator.resource;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.LastReported;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.VolumeUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds the request of a Workgroup. */
final class WorkgroupRequest {

    private WorkgroupRequest() {}

    /**
     * @param held whether its ReplicaCmek prevents its deletion
     * @param clusterRegion where set, only workgroups of this region get a StorageClass in this cluster
     */
    static EncryptionRequest of(Workgroup workgroup, boolean held, Optional<String> clusterRegion) {
        WorkgroupSpec spec = workgroup.getSpec();
        var metadata = workgroup.getMetadata();
        var id = new ResourceRef("Workgroup", metadata.getNamespace(), metadata.getName());
        var keys = new ArrayList<KeyUse>();
        var buckets = new ArrayList<BucketUse>();
        VolumeUse volumes = null;
        Cmek cmek = spec.cmek();
        if (cmek != null) {
            Buckets named = spec.buckets() == null ? new Buckets(null, null, null) : spec.buckets();
            Provisioning provisioning = named.provisioningOrDefault();
            KeyArn data = KeyArn.parse(cmek.dataBucketKeyID());
            keys.add(new KeyUse(Purpose.Data, data));
            if (named.data() != null) {
                buckets.add(new BucketUse(Purpose.Data, named.data(), data, provisioning));
            }
            if (cmek.backupBucketKeyID() != null) {
                KeyArn backup = KeyArn.parse(cmek.backupBucketKeyID());
                keys.add(new KeyUse(Purpose.Backup, backup));
                if (named.backup() != null) {
                    buckets.add(new BucketUse(Purpose.Backup, named.backup(), backup, provisioning));
                }
            }
            if (clusterRegion.isEmpty() || clusterRegion.get().equals(spec.region())) {
                volumes = VolumeUse.of(id, data, spec.volumes());
            }
        }
        return new EncryptionRequest(
                id,
                metadata.getUid(),
                metadata.getCreationTimestamp(),
                spec.region(),
                List.copyOf(keys),
                List.copyOf(buckets),
                volumes,
                SecondaryRegionState.replicating(workgroup),
                spec.policyManagementOrDefault(),
                spec.deletionPolicyOrDefault(),
                workgroup.isMarkedForDeletion(),
                held,
                LastReported.of(workgroup.getStatus()),
                NotUnderstood.of(workgroup)
                        .orElseGet(() -> ConditionResult.ofTrue(
                                Reason.Accepted, "The Workgroup depends on no other resource.")));
    }
}
