package io.cmek.operator.condition;

/** The condition types, in the order in which {@link #Ready} looks for the first that is not {@code True}. */
public enum ConditionType {
    /** Present only while the resource is being deleted: whether it may go. */
    Deletable("Present only while the resource is being deleted, and False while something still needs it.", true),
    /** The claim is one that this installation may serve: tenant, key, bucket, and no other claim in the way. */
    Accepted("The resource asks for nothing but what its tenant may use, and no other resource is in the way.", true),
    /** Every key is there, symmetric, customer managed and enabled (R2). */
    KeysUsable("Every key is there, symmetric, customer managed and enabled.", true),
    /** Every key's policy has the statements that the service needs (R3). */
    PolicyApplied("Every key's policy has the statements that the service needs.", true),
    /** The service's role can use every key. */
    AccessVerified("The service's role can use every key.", true),
    /** Every bucket of the claim is encrypted by default with its key. */
    BucketsEncrypted("Every bucket is encrypted by default with its key.", true),
    /** The StorageClass that encrypts volumes with the data key is published (R12). */
    VolumesEncrypted("The StorageClass that encrypts volumes with the data key is published.", true),
    /** The databases listed for replication may replicate (R6). */
    ReplicationAllowed("The databases listed for replication may replicate.", false),
    /** The service could run in the secondary region right now. */
    FailoverReady(
            "The service could run in the secondary region right now: its keys, access and buckets are usable, and the policies on both sides in"
                    + " place.",
            false),
    /** The summary: true when every other condition of the resource is. */
    Ready(
            "True when every other condition is; else it has status, reason and message of the first, in this order, that is not.",
            true),
    /** Present, and true, only while nothing will change until a person acts. */
    Stalled(
            "There, and True, only while nothing will change until a person acts; with reason and message of what stands in the way. What Flux and"
                    + " kstatus read as failed.",
            true);

    private final String meaning;
    private final boolean onBothKinds;

    ConditionType(String meaning, boolean onBothKinds) {
        this.meaning = meaning;
        this.onBothKinds = onBothKinds;
    }

    /** What it says while it is True, as a line for the documentation. */
    public String meaning() {
        return meaning;
    }

    /** Whether a ReplicaCmek has it too, and not only a Workgroup. */
    public boolean onBothKinds() {
        return onBothKinds;
    }
}
