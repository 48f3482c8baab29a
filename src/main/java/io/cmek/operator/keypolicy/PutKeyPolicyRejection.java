package io.cmek.operator.keypolicy;

import io.cmek.operator.aws.AwsError;
import java.util.Locale;

/**
 * Why KMS rejected a readable key policy. All cases have the error code MalformedPolicyDocumentException (KMS API Reference, "PutKeyPolicy"), so only
 * the message tells them apart. AWS may change its messages. So they only select the remedy in a condition message, and an unrecognized one shows all
 * remedies.
 */
public enum PutKeyPolicyRejection {
    /** The lockout safety check: the writer could not write the policy again. */
    LOCKOUT,
    /** A user, role or account that a statement names does not exist. */
    INVALID_PRINCIPAL,
    /** None of the known messages. */
    UNRECOGNIZED;

    public static PutKeyPolicyRejection of(AwsError.Rejected refused) {
        String said = refused.detail().message().toLowerCase(Locale.ROOT);
        return said.contains("will not allow you to update")
                ? LOCKOUT
                : said.contains("invalid principal") ? INVALID_PRINCIPAL : UNRECOGNIZED;
    }
}
