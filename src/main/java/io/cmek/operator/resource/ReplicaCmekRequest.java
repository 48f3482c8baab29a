package io.cmek.operator.resource;

import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.replication.PinnedSecondaryKeys;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.LastReported;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.VolumeUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Builds the request of a ReplicaCmek: its own keys and buckets, and the use of the primary's data key (R9). */
final class ReplicaCmekRequest {

    private ReplicaCmekRequest() {}

    /**
     * @param named the Workgroup that it names, null where there is none
     * @param clusterRegion where set and equal to its region, it gets a StorageClass in this cluster
     */
    static EncryptionRequest of(
            ReplicaCmek replica, @Nullable Workgroup named, Optional<String> clusterRegion, ResourceSelector shard) {
        Workgroup workgroup = named != null && NotUnderstood.isReadable(named) ? named : null;
        ReplicaCmekSpec spec = replica.getSpec();
        var metadata = replica.getMetadata();
        var id = new ResourceRef("ReplicaCmek", metadata.getNamespace(), metadata.getName());
        KeyArn data = KeyArn.parse(spec.dataBucketKeyID());
        var keys = new ArrayList<KeyUse>();
        var buckets = new ArrayList<BucketUse>();
        keys.add(new KeyUse(Purpose.Data, data));
        buckets.add(new BucketUse(
                Purpose.Data, spec.buckets().data(), data, spec.buckets().provisioningOrDefault()));
        if (spec.backupBucketKeyID() != null) {
            KeyArn backup = KeyArn.parse(spec.backupBucketKeyID());
            keys.add(new KeyUse(Purpose.Backup, backup));
            buckets.add(new BucketUse(
                    Purpose.Backup,
                    spec.buckets().backup(),
                    backup,
                    spec.buckets().provisioningOrDefault()));
        }
        primaryKey(replica, workgroup).ifPresent(key -> keys.add(new KeyUse(Purpose.Primary, key)));
        return new EncryptionRequest(
                id,
                metadata.getUid(),
                metadata.getCreationTimestamp(),
                spec.region(),
                keys,
                buckets,
                clusterRegion.filter(spec.region()::equals).isPresent() ? VolumeUse.of(id, data, spec.volumes()) : null,
                workgroup == null ? List.of() : SecondaryRegionState.replicating(workgroup),
                spec.policyManagementOrDefault(),
                spec.deletionPolicyOrDefault(),
                replica.isMarkedForDeletion(),
                replica.isMarkedForDeletion() && isHeld(replica, named),
                LastReported.of(replica.getStatus()),
                NotUnderstood.of(replica, named).orElseGet(() -> eligibility(replica, workgroup, shard)));
    }

    /** @param workgroup the Workgroup that it names, null where there is none */
    private static boolean isHeld(ReplicaCmek replica, @Nullable Workgroup workgroup) {
        return NotUnderstood.holds(replica, Optional.ofNullable(workgroup)).isPresent()
                || workgroup != null && SecondaryRegionState.keeps(replica, workgroup);
    }

    /** The primary's data key. Without the Workgroup, only the status of the ReplicaCmek names it. */
    private static Optional<KeyArn> primaryKey(ReplicaCmek replica, @Nullable Workgroup workgroup) {
        if (workgroup != null && workgroup.getSpec().cmek() != null) {
            return Optional.of(KeyArn.parse(workgroup.getSpec().cmek().dataBucketKeyID()));
        }
        return Stream.ofNullable(replica.getStatus())
                .flatMap(status -> status.keys().stream())
                .filter(line -> line.purpose() == Purpose.Primary)
                .flatMap(line -> parsed(line.arn()).stream())
                .findFirst();
    }

    /** Empty where a user edited the status by hand to a text that is no ARN. */
    private static Optional<KeyArn> parsed(String arn) {
        try {
            return Optional.of(KeyArn.parse(arn));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static ConditionResult eligibility(
            ReplicaCmek replica, @Nullable Workgroup workgroup, ResourceSelector shard) {
        ReplicaCmekSpec spec = replica.getSpec();
        String wanted = spec.workgroupRef().name();
        if (workgroup == null) {
            return ConditionResult.ofFalse(
                    Reason.WorkgroupNotFound,
                    "The Workgroup '" + wanted
                            + "' does not exist in this namespace" + shard.inWords()
                            + ". Create it, or correct workgroupRef.name in a new"
                            + " ReplicaCmek.");
        }
        if (workgroup.getSpec().cmek() == null) {
            return ConditionResult.ofFalse(
                    Reason.PrimaryNotEncrypted,
                    "The Workgroup '" + wanted
                            + "' was created without CMEK, so its secondary region can never get CMEK. Delete this"
                            + " ReplicaCmek; for CMEK, create a new Workgroup that has it.");
        }
        SecondaryCmek record = record(workgroup);
        return switch (PinnedSecondaryKeys.eligibility(record, candidate(replica, false))) {
            case Owner ->
                ConditionResult.ofTrue(
                        Reason.Accepted, "The ReplicaCmek configures the secondary region of '" + wanted + "'.");
            case KeyMismatch ->
                ConditionResult.ofFalse(
                        Reason.KeysDifferFromConfigured,
                        "The secondary region of '" + wanted + "' was configured with the data key "
                                + record.dataBucketKeyID() + " and "
                                + (record.backupBucketKeyID() == null
                                        ? "no backup key"
                                        : "the backup key " + record.backupBucketKeyID())
                                + "; CMEK is configured once. Create a ReplicaCmek with those keys.");
            case OwnedByOther ->
                ConditionResult.ofFalse(
                        Reason.AlreadyConfigured,
                        "The ReplicaCmek '" + record.name() + "' configures the secondary region of '" + wanted
                                + "' already. Delete this one.");
            case Unclaimed -> {
                Replication replication = workgroup.getSpec().replication();
                yield replication != null && spec.region().equals(replication.region())
                        ? ConditionResult.pending("The Workgroup '" + wanted + "' has not recorded these keys yet.")
                        : ConditionResult.ofFalse(
                                Reason.RegionNotReplicated,
                                "The Workgroup '" + wanted + "' does not replicate to " + spec.region()
                                        + ". Set its spec.replication.region to " + spec.region()
                                        + ", or delete this ReplicaCmek.");
            }
        };
    }

    static @Nullable SecondaryCmek record(Workgroup workgroup) {
        return workgroup.getStatus() == null || workgroup.getStatus().replication() == null
                ? null
                : workgroup.getStatus().replication().secondary();
    }

    /** @param eligible whether it meets all requirements but the pinned secondary keys */
    static PinnedSecondaryKeys.Candidate candidate(ReplicaCmek replica, boolean eligible) {
        return new PinnedSecondaryKeys.Candidate(
                replica.getMetadata().getName(),
                replica.getMetadata().getCreationTimestamp(),
                replica.getSpec().dataBucketKeyID(),
                replica.getSpec().backupBucketKeyID(),
                eligible,
                replica.getStatus() != null && replica.getStatus().wasEnabled());
    }
}
