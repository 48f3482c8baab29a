package io.cmek.operator.condition;

import static io.cmek.operator.condition.ConditionType.*;

import io.cmek.operator.condition.ConditionResult.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The closed list of condition reasons. Each has its lines for the documentation, and whether only user action resolves it
 * ({@link ConditionType#Stalled}).
 */
public enum Reason {
    // The status is True.
    Accepted(
            good(ConditionType.Accepted),
            "The tenant may use all keys and buckets of the resource, and no other resource prevents it."),
    KeysUsable(
            good(ConditionType.KeysUsable),
            "Every key exists, is symmetric, customer managed, and enabled or Updating (its primary region is being changed)."),
    PolicyApplied(good(ConditionType.PolicyApplied), "Every key's policy has the statements that the service needs."),
    AccessGranted(good(AccessVerified), "The key policies, as read, let the service's roles use the keys."),
    AccessProven(good(AccessVerified), "KMS confirmed by DryRun calls that the service's role can use the keys."),
    BucketsEncrypted(good(ConditionType.BucketsEncrypted), "Every bucket is encrypted by default with its key."),
    VolumesEncrypted(
            good(ConditionType.VolumesEncrypted),
            "The StorageClass that encrypts volumes with the data key is published."),
    NotInClusterRegion(
            good(ConditionType.VolumesEncrypted),
            "This cluster provisions no volumes for the region of the resource, so the resource needs no StorageClass."),
    NotRequested(good(ReplicationAllowed), "No replication is requested."),
    NoCmek(
            good(ReplicationAllowed, ConditionType.Ready),
            "The workgroup has no CMEK, so nothing of it is encrypted with a customer-managed key."),
    SecondaryReady(good(ReplicationAllowed, FailoverReady), "The secondary region has CMEK and is ready."),
    Ready(good(ConditionType.Ready), "Every other condition is true."),

    // Work is in progress.
    Pending(
            unknown(
                    Deletable,
                    ConditionType.Accepted,
                    ConditionType.KeysUsable,
                    ConditionType.PolicyApplied,
                    AccessVerified,
                    ConditionType.BucketsEncrypted,
                    ConditionType.VolumesEncrypted,
                    ReplicationAllowed,
                    FailoverReady),
            Act.NONE,
            "An earlier step is not done yet, or this one failed and is retried. Or this version of the operator does not understand a part of"
                    + " the resource. The message says which. On KeysUsable: KMS is still creating the key.",
            "Wait, resolve the first condition that is not True, or upgrade the operator."),

    // Deletable
    InUse(
            bad(Deletable),
            Act.PERSON,
            "The resource is being deleted, but another resource needs it. The message names that resource.",
            "First delete or change the resource that needs it."),

    // Accepted
    NamespaceNotPermitted(
            bad(ConditionType.Accepted),
            Act.PERSON,
            "No tenant of this installation covers the namespace.",
            "Use a permitted namespace, or have the platform team add this one to cmek.tenants.<name>.namespaces."),
    KeyNotPermitted(
            bad(ConditionType.Accepted),
            Act.PERSON,
            "The tenant of the namespace may not use the key.",
            "Use a permitted key, or have the platform team add this one to cmek.tenants.<name>.keys."),
    BucketNotPermitted(
            bad(ConditionType.Accepted),
            Act.PERSON,
            "The tenant of the namespace may not use the bucket.",
            "Use a permitted bucket, or have the platform team add this one to cmek.tenants.<name>.buckets."),
    BucketClaimedByAnother(
            bad(ConditionType.Accepted),
            Act.PERSON,
            "The bucket belongs to another resource.",
            "Delete one of the two resources and create it again with a bucket of its own."),
    WorkgroupNotFound(
            bad(ConditionType.Accepted),
            Act.NONE,
            "The Workgroup that the ReplicaCmek names does not exist.",
            "Create the Workgroup in the same namespace, or delete the ReplicaCmek."),
    PrimaryNotEncrypted(
            bad(ConditionType.Accepted),
            Act.PERSON,
            "The Workgroup was created without CMEK, so its secondary region can never get CMEK (R5).",
            "Delete the ReplicaCmek; for CMEK in both regions, create a new Workgroup with CMEK and move the data."),
    RegionNotReplicated(
            bad(ConditionType.Accepted),
            Act.NONE,
            "The Workgroup does not replicate to this region.",
            "Set spec.replication.region of the Workgroup, or delete the ReplicaCmek."),
    AlreadyConfigured(
            bad(ConditionType.Accepted),
            Act.PERSON,
            "Another ReplicaCmek configured this region already.",
            "Delete this ReplicaCmek; a region is configured once."),
    KeysDifferFromConfigured(
            bad(ConditionType.Accepted, ReplicationAllowed, FailoverReady),
            Act.PERSON,
            "The secondary region was configured before, with other keys or in another region; CMEK is configured once (R8).",
            "Create the ReplicaCmek with the keys of status.replication.secondary of the Workgroup, in their region."),

    // KeysUsable
    KeyNotFound(
            bad(ConditionType.KeysUsable),
            Act.PERSON,
            "The key does not exist in KMS.",
            "Check the ARN. A deleted key cannot be restored, and neither can the data under it."),
    KeyNotSymmetric(
            bad(ConditionType.KeysUsable),
            Act.PERSON,
            "The key is not a symmetric encryption key.",
            "Create a key with the spec SYMMETRIC_DEFAULT for ENCRYPT_DECRYPT, and a new resource that names it."),
    KeyNotCustomerManaged(
            bad(ConditionType.KeysUsable),
            Act.PERSON,
            "The key is managed by AWS; its policy cannot be changed.",
            "Create a customer-managed key, and a new resource that names it."),
    KeyDisabled(
            bad(ConditionType.KeysUsable),
            Act.PERSON,
            "The key is disabled: nothing can be encrypted or decrypted until it is enabled.",
            "Enable the key: aws kms enable-key."),
    KeyPendingDeletion(
            bad(ConditionType.KeysUsable),
            Act.PERSON,
            "The key is scheduled for deletion: data becomes unreadable for good unless the deletion is cancelled.",
            "Cancel the deletion (aws kms cancel-key-deletion) before the date in the message, then enable the key."),
    KeyPendingImport(
            bad(ConditionType.KeysUsable),
            Act.PERSON,
            "The key has no key material: it must be imported.",
            "Import it: aws kms import-key-material."),
    KeyUnavailable(
            bad(ConditionType.KeysUsable),
            Act.NONE,
            "The key cannot be used right now, for example because its custom key store is disconnected.",
            "Wait; if the key is in a custom key store, check that the store is connected."),
    AccessDenied(
            uses(
                    bad(AccessVerified),
                    unknown(ConditionType.KeysUsable, ConditionType.PolicyApplied, ConditionType.BucketsEncrypted)),
            Act.PERSON,
            "AWS denied a read to the operator, or denied a call when the operator verified the access of the service's role. Or a statement of the"
                    + " key policy denies the key to the service's role, or to the role as which EBS attaches volumes.",
            "Give the role in the message the missing permission, in IAM or in the key policy. Or exempt the role from the statement in the"
                    + " message."),
    AwsUnavailable(
            unknown(
                    ConditionType.KeysUsable,
                    ConditionType.PolicyApplied,
                    AccessVerified,
                    ConditionType.BucketsEncrypted),
            Act.NONE,
            "AWS gave no usable response. The operator polls again.",
            "Wait. If it persists, check the operator's network, endpoints and credentials."),
    Throttled(
            unknown(ConditionType.KeysUsable, ConditionType.PolicyApplied, ConditionType.BucketsEncrypted),
            Act.NONE,
            "AWS throttles the calls. The operator backs off and polls again.",
            "Wait. If it persists, find out who else uses the request quota of the account, or raise cmek.resync-interval."),

    // PolicyApplied
    PolicyNotApplied(
            bad(ConditionType.PolicyApplied),
            Act.NONE,
            "Publish mode: the key's owner has not added all statements yet.",
            "Add the statements of status.keys[].suggestedPolicy to the key's policy."),
    PolicyTooLarge(
            bad(ConditionType.PolicyApplied),
            Act.PERSON,
            "With the service's statements the key policy would exceed the limit of 32,768 bytes.",
            "Shorten other statements of the policy, for example by a condition on aws:PrincipalOrgID."),
    ForeignStatementRejected(
            bad(ConditionType.PolicyApplied),
            Act.PERSON,
            "KMS rejects the whole policy because of one statement, most often one that is not the operator's. The operator wrote nothing.",
            "Repair or remove the statement that the message names, or the principal in cmek.tenants.<name>.principals that does not exist."),
    PolicyConflict(
            bad(ConditionType.PolicyApplied),
            Act.NONE,
            "Another writer changed the same policy at the same time, or reverts it each time. The operator retries at least every five"
                    + " minutes.",
            "Wait. If it persists, find out in CloudTrail (PutKeyPolicy) who keeps writing the policy."),
    WriteDenied(
            bad(ConditionType.PolicyApplied, ConditionType.BucketsEncrypted, ConditionType.VolumesEncrypted),
            Act.PERSON,
            "AWS or the API server refused the operator's write, or the lockout safety check of KMS did. The message quotes the error.",
            "Give the operator the permission that the message names, exempt its StorageClass from the admission policy that refuses it, or,"
                    + " for a key policy, set policyManagement to Publish."),

    // AccessVerified
    NotProbed(
            unknown(ConditionType.PolicyApplied, AccessVerified),
            Act.NONE,
            "It is unknown whether the service can use the key: a statement of the key policy has a condition, or the operator cannot assume"
                    + " the probe role.",
            "See the message: add the statements of status.keys[].suggestedPolicy, have the condition changed, or let the operator assume"
                    + " cmek.tenants.<name>.probe-role-arn."),

    // BucketsEncrypted
    BucketNotFound(
            bad(ConditionType.BucketsEncrypted),
            Act.PERSON,
            "The bucket does not exist, and provisioning is Existing.",
            "Create the bucket in the region of the resource."),
    BucketOwnedByAnotherAccount(
            bad(ConditionType.BucketsEncrypted),
            Act.PERSON,
            "The bucket's name belongs to another AWS account.",
            "Create a new resource with another bucket name."),
    BucketInAnotherRegion(
            bad(ConditionType.BucketsEncrypted),
            Act.PERSON,
            "The bucket is in another region than the key.",
            "Create a new resource with a bucket in the region of the key."),
    BucketUnderAnotherKey(
            bad(ConditionType.Accepted, ConditionType.BucketsEncrypted),
            Act.PERSON,
            "The bucket is already encrypted with another customer-managed key; it is not re-keyed.",
            "Create a new resource with a bucket of its own, or with the key that the message names."),

    // VolumesEncrypted
    WaitingForKey(
            bad(ConditionType.VolumesEncrypted),
            Act.NONE,
            "The StorageClass is published when the data key is usable, access to it is verified, and the data bucket is encrypted with it.",
            "Resolve the conditions before this one."),
    StorageClassConflict(
            bad(ConditionType.VolumesEncrypted),
            Act.PERSON,
            "A StorageClass of this name exists and does not belong to the resource.",
            "Delete that StorageClass, if nobody needs it."),

    Contested(
            bad(ConditionType.VolumesEncrypted),
            Act.PERSON,
            "Another writer changes or deletes the StorageClass after each repair. After two repairs within an hour, the operator deletes it and pauses.",
            "Find what changes it, such as an admission policy, a webhook or a GitOps tool, and exempt this StorageClass from it."),

    // ReplicationAllowed, FailoverReady
    SecondaryCmekRequired(
            bad(ReplicationAllowed, FailoverReady),
            Act.NONE,
            "The secondary region has no CMEK yet (R6).",
            "Apply a ReplicaCmek for the secondary region."),
    SecondaryNotReady(
            bad(ReplicationAllowed, FailoverReady),
            Act.NONE,
            "The secondary region has CMEK, but it is not ready.",
            "See the conditions of the ReplicaCmek.");

    /** A condition type and a status that can have the reason. {@code Ready} and {@code Stalled} copy the reasons of others. */
    public record Use(ConditionType type, Status status) {}

    private enum Act {
        /** It may resolve itself. */
        NONE,
        /** Nothing changes without user action. */
        PERSON
    }

    private final List<Use> uses;
    private final Act act;
    private final String meaning;
    private final String remedy;

    Reason(List<Use> uses, String meaning) {
        this(uses, Act.NONE, meaning, "Nothing.");
    }

    Reason(List<Use> uses, Act act, String meaning, String remedy) {
        this.uses = uses;
        this.act = act;
        this.meaning = meaning;
        this.remedy = remedy;
    }

    /** The condition types and statuses that can have it. */
    public List<Use> uses() {
        return uses;
    }

    /** Whether nothing changes without user action, in AWS, in the settings or in the manifest. */
    public boolean requiresUserAction() {
        return act == Act.PERSON;
    }

    /** What it means, as one line for the documentation. */
    public String meaning() {
        return meaning;
    }

    /** The remedy, as one line for the documentation. */
    public String remedy() {
        return remedy;
    }

    private static List<Use> good(ConditionType... types) {
        return uses(Status.True, types);
    }

    private static List<Use> bad(ConditionType... types) {
        return uses(Status.False, types);
    }

    private static List<Use> unknown(ConditionType... types) {
        return uses(Status.Unknown, types);
    }

    private static List<Use> uses(Status status, ConditionType... types) {
        return Arrays.stream(types).map(type -> new Use(type, status)).toList();
    }

    private static List<Use> uses(List<Use> some, List<Use> more) {
        var all = new ArrayList<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }
}
