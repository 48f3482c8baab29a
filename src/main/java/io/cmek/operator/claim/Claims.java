package io.cmek.operator.claim;

import io.cmek.operator.key.KeyArn;
import java.util.Collection;

/** All claims of the cluster, found by what they ask for. */
public interface Claims {

    /** Every claim, of any kind, that names the key, those that are leaving included. */
    Collection<Claim> onKey(KeyArn key);

    /**
     * Whether a stored object that this version cannot read names the key, or may. It has no claim, because nobody knows what it needs of the
     * key: so nothing of the key's policy is to be taken away.
     */
    boolean isNamedByUnreadable(KeyArn key);

    /** Every claim, of any kind, that names the bucket, those that are leaving included. */
    Collection<Claim> onBucket(String bucket);
}
