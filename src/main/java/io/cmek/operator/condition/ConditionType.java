package io.cmek.operator.condition;

/** The condition types, in the order of {@link #Ready}: it reports the first that is not {@code True}. */
public enum ConditionType {
    /** Present only while the resource is being deleted: whether it may be removed. */
    Deletable("Present only while the resource is being deleted, and not True while something still needs it.", true),
    /** This installation may serve the request: its tenant may use the keys and buckets, and no other request holds them. */
    Accepted("The tenant may use all keys and buckets of the resource, and no other resource prevents it.", true),
    /** Every key exists, and is symmetric, customer managed and enabled (R2). */
    KeysUsable("Every key exists, and is symmetric, customer managed and enabled.", true),
    /** Every key's policy has the statements that the service needs (R3). */
    PolicyApplied("Every key's policy has the statements that the service needs.", true),
    /** The service's role can use every key. */
    AccessVerified("The service's role can use every key.", true),
    /** Every bucket of the request is encrypted by default with its key. */
    BucketsEncrypted("Every bucket is encrypted by default with its key.", true),
    /** The StorageClass that encrypts volumes with the data key is published (R12). */
    VolumesEncrypted("The StorageClass that encrypts volumes with the data key is published.", true),
    /** The databases listed for replication may replicate (R6). */
    ReplicationAllowed("The databases listed for replication may replicate.", false),
    /** The service could run in the secondary region right now. */
    FailoverReady(
            "The service could run in the secondary region now: its keys, access and buckets are usable. The policies on both sides are"
                    + " applied.",
            false),
    /** The summary: true when every other condition of the resource is. */
    Ready(
            "True when every other condition but Stalled is True. Otherwise it copies status, reason and message of the first condition in this"
                    + " order that is not True.",
            true),
    /** Present and True only when the operator cannot make progress without user action. */
    Stalled(
            "Present and True only when the operator cannot make progress without user action. Reason and message name the blocker. Flux and"
                    + " kstatus read it as failed.",
            true);

    private final String meaning;
    private final boolean onBothKinds;

    ConditionType(String meaning, boolean onBothKinds) {
        this.meaning = meaning;
        this.onBothKinds = onBothKinds;
    }

    /** What True means, as a line for the documentation. */
    public String meaning() {
        return meaning;
    }

    /** Whether a ReplicaCmek has it too, and not only a Workgroup. */
    public boolean onBothKinds() {
        return onBothKinds;
    }
}
