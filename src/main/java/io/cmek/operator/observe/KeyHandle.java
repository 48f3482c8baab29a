package io.cmek.operator.observe;

import io.cmek.operator.cloud.Identity;
import io.cmek.operator.key.KeyArn;

/** A key as an identity sees it: what one tenant's role may see says nothing about another's. */
public record KeyHandle(Identity identity, KeyArn key) {

    public Lane lane() {
        return new Lane(identity, key.region());
    }
}
