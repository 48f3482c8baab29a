package io.cmek.operator.key;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Identity;

/** The four things that the operator asks of AWS KMS. Every method but the last makes exactly the one call that it names. */
public interface KeyService {

    /** {@code kms:DescribeKey}. */
    Answer<KeyFacts> describe(Identity identity, KeyArn key);

    /** {@code kms:GetKeyPolicy} of the policy named {@code default}: the document, as KMS has it. */
    Answer<String> readPolicy(Identity identity, KeyArn key);

    /**
     * {@code kms:PutKeyPolicy} of the policy named {@code default}, with KMS's lockout safety check on.
     *
     * @param onBehalfOf what needs it: letters, digits, dots and dashes, for the account's CloudTrail
     */
    Answer<String> writePolicy(Identity identity, KeyArn key, String document, String onBehalfOf);

    /**
     * Proves that {@code probe} (the service's role) can use the key, by dry runs as that role that encrypt and decrypt (KMS Developer
     * Guide, "Testing your permissions"). Two calls, which leave nothing behind.
     *
     * @return {@code Got(true)}: proven. {@code Got(false)}: KMS denies it to the role. {@code Failed}: not known; with {@code Denied} and
     *     {@code sts:AssumeRole} the role cannot be assumed, which is no statement about the key.
     */
    Answer<Boolean> proveAccess(Identity probe, KeyArn key);
}
