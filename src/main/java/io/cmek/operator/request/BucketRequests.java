package io.cmek.operator.request;

import io.cmek.operator.claim.Claim;
import io.cmek.operator.cloud.Identity;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * What all requests on one bucket ask for together, at one moment.
 *
 * @param readers who reads the bucket, and from which region
 * @param holder the request to which the bucket belongs and for which it is encrypted; empty where none is accepted
 * @param holderIdentity the credentials of the holder's tenant
 */
public record BucketRequests(SequencedSet<Reader> readers, Optional<Claim> holder, Optional<Identity> holderIdentity) {

    /**
     * @param identity the credentials with which the bucket is read
     * @param region of the request, in which the bucket is expected
     */
    public record Reader(Identity identity, String region) {}
}
