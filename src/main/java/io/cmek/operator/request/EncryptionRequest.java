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
 * The keys, buckets and volumes that one resource asks for; the same type for a Workgroup and a ReplicaCmek.
 *
 * @param uid of the resource: a resource that was deleted and created again has another one
 * @param createdAt the resource's creationTimestamp (RFC 3339, so that the text order is the order in time)
 * @param keys one for each purpose; empty for a workgroup without CMEK
 * @param volumes null where this cluster provisions no volumes for the resource
 * @param databases those that already replicate between the regions
 * @param leaving whether the resource is being deleted
 * @param held whether it stays although it is being deleted, because another resource needs it
 * @param served what its last status shows as in use
 * @param eligibility whether other resources allow it: a ReplicaCmek depends on its Workgroup, a Workgroup on none
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

    /** The keys of {@link #distinctKeys} that encrypt data of this request: all but the primary region's key. */
    public SequencedSet<KeyArn> ownKeys() {
        var own = new LinkedHashSet<KeyArn>();
        keys.stream().filter(use -> use.purpose() != Purpose.Primary).forEach(use -> own.add(use.key()));
        return own;
    }

    /** Whether nothing of it is needed any more: it is being deleted, and no other resource holds it. */
    public boolean isGoing() {
        return leaving && !held;
    }

    public boolean uses(KeyArn key) {
        return keys.stream().anyMatch(use -> use.key().equals(key));
    }

    /** The name of a key of this request for messages, as a sentence's subject. */
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

    /** A command that prints the statements that this request needs in the policy of one of its keys, from the status of its resource. */
    public String suggestionCommand(KeyArn key) {
        return id.getCommand() + " -o jsonpath='{.status.keys[?(@.arn==\"" + key + "\")].suggestedPolicy}'";
    }

    /** The access that this request needs on the key itself, for the principals of its tenant. */
    public AccessRequirements wants(KeyArn key, Tenant tenant) {
        return keys.stream()
                .filter(use -> use.key().equals(key))
                .map(use -> wants(use, tenant.principals()))
                .reduce(AccessRequirements.NONE, AccessRequirements::plus);
    }

    /**
     * The access that this request adds to the policy of the key. That is what it needs on the key itself. If its own data key is a replica of the
     * primary's data key, it also gets the access that it needs on the primary's. Replicas of a multi-region key share the key material but not the
     * policy (KMS Developer Guide, "Multi-Region keys"). So a Workgroup and its own ReplicaCmek have the same statements in both regions. A request
     * adds nothing to a replica that it does not name.
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
