package io.cmek.operator.index;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.request.EncryptionRequest;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * A snapshot of all requests on one bucket.
 *
 * @param readers the credentials that read the bucket, each with its expected region
 * @param holder the accepted request that holds the bucket, for which it is encrypted; empty where there is none
 * @param holderIdentity the credentials of the holder's tenant
 */
public record BucketRequests(
        SequencedSet<Reader> readers, Optional<EncryptionRequest> holder, Optional<CredentialScope> holderIdentity) {

    /**
     * @param identity the credentials that read the bucket
     * @param region of the request, where the bucket is expected
     */
    public record Reader(CredentialScope identity, String region) {}
}
