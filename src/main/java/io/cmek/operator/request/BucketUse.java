package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.key.KeyArn;

/** A bucket of a request, with the key that encrypts it. */
public record BucketUse(Purpose purpose, String name, KeyArn key, Provisioning provisioning) {

    /** The name for messages. */
    public String label() {
        return (purpose == Purpose.Backup ? "The backup bucket " : "The data bucket ") + name;
    }
}
