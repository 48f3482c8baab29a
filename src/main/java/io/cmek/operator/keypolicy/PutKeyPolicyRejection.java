package io.cmek.operator.keypolicy;

import io.cmek.operator.aws.AwsError;
import java.util.Locale;

/**
 * Why KMS refused a key policy that it could read. The error code, MalformedPolicyDocumentException, is the same for all of these (KMS API
 * Reference, "PutKeyPolicy"); only the sentence with it tells them apart. Sentences change, so they decide about nothing but which remedy
 * is shown, and where none is recognized, all are.
 */
public enum PutKeyPolicyRejection {
    /** The lockout safety check: after the write, its writer could not write the policy again. */
    LOCKOUT,
    /** A user, role or account that a statement names does not exist. */
    INVALID_PRINCIPAL,
    /** Not one of those that are known. */
    UNRECOGNIZED;

    public static PutKeyPolicyRejection of(AwsError.Rejected refused) {
        String said = refused.detail().message().toLowerCase(Locale.ROOT);
        return said.contains("will not allow you to update")
                ? LOCKOUT
                : said.contains("invalid principal") ? INVALID_PRINCIPAL : UNRECOGNIZED;
    }
}
