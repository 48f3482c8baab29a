package io.cmek.operator.index;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.request.EncryptionRequest;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * What all requests on one bucket ask for together, at one moment.
 *
 * @param readers who reads the bucket, and from which region
 * @param holder the request to which the bucket belongs and for which it is encrypted; empty where none is accepted
 * @param holderIdentity the credentials of the holder's tenant
 */
public record BucketRequests(
        SequencedSet<Reader> readers, Optional<EncryptionRequest> holder, Optional<CredentialScope> holderIdentity) {

    /**
     * @param identity the credentials with which the bucket is read
     * @param region of the request, in which the bucket is expected
     */
    public record Reader(CredentialScope identity, String region) {}
}
