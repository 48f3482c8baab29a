package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.KeySnapshot.Release;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.PolicyDocument;
import io.cmek.operator.keypolicy.PolicyOutcome;
import java.time.Instant;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Controller state of one key. Only the key's worker uses it. The controller drops it with the last request on the key. */
final class KeyState {

    /** State for one set of credentials. */
    static final class OfCredentials {

        Observation<KeyFacts> facts = Observation.never();
        Observation<KeyPolicyText> policy = Observation.never();
        final Poll factsPoll;
        final Poll policyPoll;
        final RetryTimer writes;

        @Nullable
        PolicyOutcome notApplied;

        final RetryTimer releases;

        /** Why the last cleanup with these credentials failed. Null if it did not fail. */
        Release.@Nullable Failed notReleased;

        /** Time of the last GetKeyPolicy request. */
        Instant policyAskedAt = Instant.MIN;

        /** Number of the call that read the policy. */
        long policyCall = -1;

        OfCredentials(Poll factsPoll, Poll policyPoll, RetryTimer writes, RetryTimer releases) {
            this.factsPoll = factsPoll;
            this.policyPoll = policyPoll;
            this.writes = writes;
            this.releases = releases;
        }
    }

    /** State for one probe role. */
    static final class OfProof {

        Observation<Boolean> access = Observation.never();
        final Poll poll;

        OfProof(Poll poll) {
            this.poll = poll;
        }
    }

    /** State for one request under deletion. */
    static final class OfRelease {

        Release release;
        final RetryTimer retry;

        OfRelease(Release release, RetryTimer retry) {
            this.release = release;
            this.retry = retry;
        }
    }

    final TreeMap<CredentialScope, OfCredentials> credentials = new TreeMap<>();
    final TreeMap<CredentialScope, OfProof> proofs = new TreeMap<>();

    /** By uid. */
    final TreeMap<String, OfRelease> releases = new TreeMap<>();

    final LostUpdateTracker lostUpdates = new LostUpdateTracker();
    final RepairTimer repairs;

    /** The access that the operator's statements gave when they were last in place. Null before the first plan of this process. */
    @Nullable
    AccessRequirements given;

    final DriftTracker<PolicyDocument> drift = new DriftTracker<>();

    /** Number of the call that found the drift, or that may have repaired it. Earlier reads show neither. */
    long driftCall = -1;

    /** The access of the last plan. */
    AccessRequirements planned = AccessRequirements.NONE;

    /** Number of calls to AWS so far. */
    long calls;

    /** A read with these credentials timed out. The next turn continues to read with the credentials after them. */
    @Nullable
    CredentialScope readTimedOut;

    /** A write with these credentials timed out. The next turn continues to write with the credentials after them. */
    @Nullable
    CredentialScope writeTimedOut;

    /** A proof as this role timed out. The next turn continues with the role after it. */
    @Nullable
    CredentialScope proofTimedOut;

    KeyState(RepairTimer repairs) {
        this.repairs = repairs;
    }
}
