package io.cmek.operator.index;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.request.EncryptionRequest;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * A snapshot of all requests on one key.
 *
 * @param count how many requests name the key, accepted or not
 * @param readers the credentials that read the key
 * @param policyReaders the credentials that read its policy
 * @param writers the credentials that write its policy, each with its oldest request
 * @param probes the roles that prove their access; several tenants may share a role
 * @param required the access that the operator writes into the policy
 * @param suggested the access that the requests need, managed or not
 * @param leftToOwner the part of the suggested access that the operator does not write
 * @param releasing the deleted requests whose access is to be removed
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
     * @param needed the access to prove with the role, by the credentials that read the policy. Each set of credentials counts only its own requests:
     *     the failure of one tenant must not affect another
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
