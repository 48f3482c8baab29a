package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.tenancy.Tenant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * What one resource asks for. The same for a Workgroup and for a ReplicaCmek.
 *
 * @param uid the resource's: one that was deleted and created again under the same name is another
 * @param createdAt the resource's creationTimestamp (RFC 3339, so that the text order is the order in time)
 * @param keys one for each purpose; empty for a workgroup without CMEK
 * @param volumes null where the claim's volumes are not made in this cluster
 * @param databases those that replicate between the regions already
 * @param leaving whether the resource is being deleted
 * @param held whether it stays for now although it is being deleted, because another resource needs it
 * @param served what its last status shows of its having been served
 * @param standing whether other resources let it be served: a ReplicaCmek depends on its Workgroup, a Workgroup on nobody
 */
public record EncryptionRequest(
        ResourceRef id,
        String uid,
        String createdAt,
        String region,
        List<KeyUse> keys,
        List<BucketUse> buckets,
        @Nullable VolumeUse volumes,
        List<String> databases,
        PolicyManagement policyManagement,
        DeletionPolicy deletionPolicy,
        boolean leaving,
        boolean held,
        LastReported served,
        ConditionResult eligibility) {

    public EncryptionRequest {
        keys = List.copyOf(keys);
        buckets = List.copyOf(buckets);
        databases = List.copyOf(databases);
    }

    public boolean hasCmek() {
        return !keys.isEmpty();
    }

    /** The distinct keys, in the order of {@link #keys}: the same key for data and backup is one. */
    public SequencedSet<KeyArn> distinctKeys() {
        var distinct = new LinkedHashSet<KeyArn>();
        keys.forEach(use -> distinct.add(use.key()));
        return distinct;
    }

    /** Those of {@link #distinctKeys} that this claim encrypts with: not the primary region's. */
    public SequencedSet<KeyArn> ownKeys() {
        var own = new LinkedHashSet<KeyArn>();
        keys.stream().filter(use -> use.purpose() != Purpose.Primary).forEach(use -> own.add(use.key()));
        return own;
    }

    /** Whether nothing of it is needed any more: it is being deleted, and nobody holds it. */
    public boolean isGoing() {
        return leaving && !held;
    }

    public boolean uses(KeyArn key) {
        return keys.stream().anyMatch(use -> use.key().equals(key));
    }

    /** How a message names a key of this claim, as a sentence's subject. */
    public String label(KeyArn key) {
        List<String> purposes = keys.stream()
                .filter(use -> use.key().equals(key))
                .map(use -> switch (use.purpose()) {
                    case Data -> "data";
                    case Backup -> "backup";
                    case Primary -> "primary region's data";
                })
                .toList();
        return "The " + String.join(" and ", purposes) + " key " + key;
    }

    /** What this claim, as one of the tenant's, needs in the policy of a key. */
    public AccessRequirements wants(KeyArn key, Tenant tenant) {
        return keys.stream()
                .filter(use -> use.key().equals(key))
                .map(use -> wants(use, tenant.principals()))
                .reduce(AccessRequirements.NONE, AccessRequirements::plus);
    }

    /**
     * What the policy of a key gets because of this claim: what it needs there, and on its own data key, where that is a replica of the
     * primary's data key, what it needs on the primary's. The replicas of a multi-region key share the key material but not the policy (KMS
     * Developer Guide, "Multi-Region keys"), so that a Workgroup and its own ReplicaCmek have the same statements in both regions. Nothing
     * of a claim goes to a replica that it does not name.
     */
    public AccessRequirements requires(KeyArn key, Tenant tenant) {
        boolean ownData = keys.contains(new KeyUse(Purpose.Data, key));
        return keys.stream()
                .filter(use ->
                        ownData && use.purpose() == Purpose.Primary && use.key().isReplicaOf(key))
                .map(use -> wants(use, tenant.principals()))
                .reduce(wants(key, tenant), AccessRequirements::plus);
    }

    public static AccessRequirements wants(KeyUse use, Tenant.Principals principals) {
        return use.statements().stream()
                .map(kind -> AccessRequirements.of(kind, principals.of(kind)))
                .reduce(AccessRequirements.NONE, AccessRequirements::plus);
    }
}
