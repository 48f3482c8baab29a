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

/** What the worker of one key remembers. It belongs to whoever works on the key, and is dropped with the last request. */
final class KeyState {

    /** What belongs to one set of credentials. */
    static final class OfCredentials {

        Observation<KeyFacts> facts = Observation.never();
        Observation<KeyPolicyText> policy = Observation.never();
        final Poll factsPoll;
        final Poll policyPoll;
        final RetryTimer writes;

        @Nullable
        PolicyOutcome notApplied;

        final RetryTimer releases;

        /** Why the last release with these credentials failed; null where it did not. */
        Release.@Nullable Failed notReleased;

        /** When the policy was asked for last. */
        Instant policyAskedAt = Instant.MIN;

        /** The number of the call that read the policy. */
        long policyCall = -1;

        OfCredentials(Poll factsPoll, Poll policyPoll, RetryTimer writes, RetryTimer releases) {
            this.factsPoll = factsPoll;
            this.policyPoll = policyPoll;
            this.writes = writes;
            this.releases = releases;
        }
    }

    /** What belongs to one role that proves its access. */
    static final class OfProof {

        Observation<Boolean> access = Observation.never();
        final Poll poll;

        OfProof(Poll poll) {
            this.poll = poll;
        }
    }

    /** What belongs to one request that is being deleted. */
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

    /** What our statements gave when they were last in place; null before the first plan of this process. */
    @Nullable
    AccessRequirements given;

    final DriftTracker<PolicyDocument> drift = new DriftTracker<>();

    /** The number of the call that found the drift, or that may have repaired it: what was read before shows neither. */
    long driftCall = -1;

    /** The access of the last plan. */
    AccessRequirements planned = AccessRequirements.NONE;

    /** Calls to AWS so far. */
    long calls;

    /** The credentials after which the next turn goes on with reading, because a call with them timed out. */
    @Nullable
    CredentialScope readTimedOut;

    /** The credentials after which the next turn goes on with writing. */
    @Nullable
    CredentialScope writeTimedOut;

    /** The role after which the next turn goes on with proofs. */
    @Nullable
    CredentialScope proofTimedOut;

    KeyState(RepairTimer repairs) {
        this.repairs = repairs;
    }
}
