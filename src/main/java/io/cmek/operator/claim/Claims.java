package io.cmek.operator.claim;

import io.cmek.operator.key.KeyArn;
import java.util.Collection;

/** All claims of the cluster, found by what they ask for. */
public interface Claims {

    /** Every claim, of any kind, that names the key, those that are leaving included. */
    Collection<Claim> onKey(KeyArn key);

    /**
     * The stored objects that this version cannot read and that name the key, or may. Nobody knows what they need of it.
     */
    Collection<UnreadableClaim> unreadableOn(KeyArn key);

    /** Every claim, of any kind, that names the bucket, those that are leaving included. */
    Collection<Claim> onBucket(String bucket);
}
