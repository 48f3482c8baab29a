package io.cmek.operator.observe;

import io.cmek.operator.cloud.Identity;

/** A bucket as an identity sees it from a region. */
public record BucketHandle(Identity identity, String region, String name) {

    public Lane lane() {
        return new Lane(identity, region);
    }
}
