package io.cmek.operator.index;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.request.EncryptionRequest;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * What all requests on one key ask for together, at one moment.
 *
 * @param count how many requests name the key, whatever becomes of them
 * @param readers the credentials that read the key
 * @param policyReaders those of them that read its policy
 * @param writers those that write its policy, each with the request in whose name it does so: the oldest one
 * @param probes the roles that prove their access. Several tenants may name the same role
 * @param required what the operator writes into the policy
 * @param suggested what the requests need, whoever writes the policy
 * @param leftToOwner what of that the operator does not write
 * @param releasing the requests that are being deleted and give their access back
 */
public record KeyRequests(
        int count,
        SequencedSet<CredentialScope> readers,
        SequencedSet<CredentialScope> policyReaders,
        SequencedMap<CredentialScope, EncryptionRequest> writers,
        SequencedMap<CredentialScope, Probe> probes,
        AccessRequirements required,
        AccessRequirements suggested,
        AccessRequirements leftToOwner,
        List<EncryptionRequest> releasing) {

    /**
     * @param needed what the requests need that the role stands for, by the credentials that read the policy for them. Of each credentials counts
     *     only what their own requests need: what one tenant may not read, or has not been given, keeps no other
     */
    public record Probe(SequencedMap<CredentialScope, AccessRequirements> needed) {}

    /** No request names the key. */
    static final KeyRequests NONE = new KeyRequests(
            0,
            Collections.emptyNavigableSet(),
            Collections.emptyNavigableSet(),
            Collections.emptyNavigableMap(),
            Collections.emptyNavigableMap(),
            AccessRequirements.NONE,
            AccessRequirements.NONE,
            AccessRequirements.NONE,
            List.of());

    public boolean isEmpty() {
        return count == 0;
    }
}
