package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.key.KeyArn;

/** A bucket of a claim, with the key that encrypts it. */
public record BucketUse(Purpose purpose, String name, KeyArn key, Provisioning provisioning) {

    /** How a message names it. */
    public String label() {
        return (purpose == Purpose.Backup ? "The backup bucket " : "The data bucket ") + name;
    }
}
