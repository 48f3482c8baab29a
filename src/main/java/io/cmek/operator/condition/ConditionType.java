package io.cmek.operator.condition;

/** The condition types, in the order in which {@link #Ready} looks for the first that is not {@code True}. */
public enum ConditionType {
    /** Present only while the resource is being deleted: whether it may go. */
    Deletable,
    /** The claim is one that this installation may serve: tenant, key, bucket, and no other claim in the way. */
    Accepted,
    /** Every key is there, symmetric, customer managed and enabled (R2). */
    KeysUsable,
    /** Every key's policy has the statements that the service needs (R3). */
    PolicyApplied,
    /** The service's role can use every key. */
    AccessVerified,
    /** Every bucket of the claim is encrypted by default with its key. */
    BucketsEncrypted,
    /** The StorageClass that encrypts volumes with the data key is published (R12). */
    VolumesEncrypted,
    /** The databases listed for replication may replicate (R6). */
    ReplicationAllowed,
    /** The secondary region's keys, access and buckets are all usable right now. */
    FailoverReady,
    /** The summary: true when every other condition of the resource is. */
    Ready,
    /** Present, and true, only while nothing will change until a person acts. */
    Stalled
}
