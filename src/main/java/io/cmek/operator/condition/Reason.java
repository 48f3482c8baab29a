package io.cmek.operator.condition;

/**
 * Why a condition has its status: a closed list, each with the line that the documentation shows and whether a person must act before
 * anything changes ({@link ConditionType#Stalled}).
 */
public enum Reason {
    // The status is True.
    Accepted(false, "The claim is within its tenant, and no other claim stands in its way."),
    KeysUsable(false, "Every key exists, is symmetric, customer managed and enabled."),
    PolicyApplied(false, "Every key's policy has the statements that the service needs."),
    AccessGranted(false, "The key policies, as read, let the service's roles use the keys."),
    AccessProven(false, "KMS confirmed by DryRun calls that the service's role can use the keys."),
    BucketsEncrypted(false, "Every bucket is encrypted by default with its key."),
    VolumesEncrypted(false, "The StorageClass that encrypts volumes with the data key is published."),
    NotInClusterRegion(false, "Volumes of this region are not made in this cluster, so it needs no StorageClass."),
    NotRequested(false, "No replication is asked for."),
    NoCmek(false, "The workgroup has no CMEK, so nothing of it is encrypted with a customer-managed key."),
    SecondaryReady(false, "The secondary region has CMEK and is ready."),
    Ready(false, "Every other condition is true."),

    // Work is going on.
    Pending(false, "An earlier step is not done yet; the conditions before this one say which."),

    // Deletable
    InUse(true, "The resource is being deleted, but it is needed: the message says by what."),

    // Accepted
    NamespaceNotPermitted(true, "No tenant of this installation covers the namespace."),
    KeyNotPermitted(true, "The tenant of the namespace may not use the key."),
    BucketNotPermitted(true, "The tenant of the namespace may not use the bucket."),
    BucketClaimedByAnother(true, "Another resource claimed the bucket before."),
    WorkgroupNotFound(false, "The Workgroup that the ReplicaCmek names does not exist."),
    PrimaryNotEncrypted(
            true, "The Workgroup was created without CMEK, so its secondary region can never get CMEK (R5)."),
    RegionNotReplicated(false, "The Workgroup does not replicate to this region."),
    AlreadyConfigured(true, "Another ReplicaCmek configured this region already."),
    KeysDifferFromConfigured(true, "The region was configured with other keys before; CMEK is configured once (R8)."),

    // KeysUsable
    KeyNotFound(true, "KMS knows no such key."),
    KeyNotSymmetric(true, "The key is not a symmetric encryption key."),
    KeyNotCustomerManaged(true, "The key is managed by AWS; its policy cannot be changed."),
    KeyDisabled(true, "The key is disabled: nothing can be encrypted or decrypted until it is enabled."),
    KeyPendingDeletion(
            true,
            "The key is scheduled for deletion: data becomes unreadable for good unless the deletion is cancelled."),
    KeyPendingImport(true, "The key has no key material: it must be imported."),
    KeyUnavailable(
            false, "The key cannot be used right now, for example because its custom key store is disconnected."),
    AccessDenied(
            true,
            "AWS denied the call: to the operator when it looked, or to the service's role when its access was checked."),
    AwsUnavailable(false, "AWS gave no usable answer; the look is repeated."),
    Throttled(false, "AWS asks to be called less often; the look is repeated more slowly."),

    // PolicyApplied
    PolicyNotApplied(false, "Publish mode: the key's owner has not added all statements yet."),
    PolicyTooLarge(true, "With the service's statements the key policy would exceed the limit of 32,768 bytes."),
    ForeignStatementRejected(
            true, "A statement that is not the operator's makes KMS refuse the whole policy; nothing was written."),
    PolicyConflict(false, "Somebody else wrote the same policy at the same time; the write is repeated."),
    WriteDenied(true, "AWS denied the operator's write."),

    // AccessVerified
    NotProbed(false, "Whether the service's role can use the key could not be found out."),

    // BucketsEncrypted
    BucketNotFound(true, "The bucket does not exist, and provisioning is Existing."),
    BucketOwnedByAnotherAccount(true, "The bucket's name belongs to another AWS account."),
    BucketInAnotherRegion(true, "The bucket is in another region than the key."),
    BucketUnderAnotherKey(
            true, "The bucket is already encrypted with another customer-managed key; it is not re-keyed."),

    // VolumesEncrypted
    WaitingForKey(false, "The StorageClass is published when the data key is usable and access to it is shown."),
    StorageClassConflict(true, "A StorageClass of this name exists and belongs to somebody else."),

    // ReplicationAllowed, FailoverReady
    SecondaryCmekRequired(false, "The secondary region has no CMEK yet; apply a ReplicaCmek (R6)."),
    SecondaryNotReady(false, "The secondary region has CMEK, but it is not ready.");

    private final boolean needsPerson;
    private final String meaning;

    Reason(boolean needsPerson, String meaning) {
        this.needsPerson = needsPerson;
        this.meaning = meaning;
    }

    /** Whether nothing will change until a person acts, in AWS, in the settings or in the manifest. */
    public boolean needsPerson() {
        return needsPerson;
    }

    /** One line for the documentation. */
    public String meaning() {
        return meaning;
    }
}
