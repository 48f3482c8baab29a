package io.cmek.operator.key;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import org.jspecify.annotations.Nullable;

/**
 * The five things that the operator asks of AWS KMS. Every abstract method makes exactly the one call that it names. A call that times out is
 * {@code Failed} with a failure whose {@link AwsError#isTimeOut} is true: KMS may have done it all the same.
 */
public interface KeyService {

    /** {@code kms:DescribeKey}. */
    AwsResult<KeyFacts> describe(CredentialScope identity, KeyArn key);

    /** {@code kms:GetKeyPolicy} of the policy named {@code default}: the document, as KMS has it. */
    AwsResult<String> readPolicy(CredentialScope identity, KeyArn key);

    /**
     * {@code kms:PutKeyPolicy} of the policy named {@code default}, with KMS's lockout safety check on.
     *
     * @param onBehalfOf what needs it: letters, digits, dots and dashes, for the account's CloudTrail
     */
    AwsResult<String> writePolicy(CredentialScope identity, KeyArn key, String document, String onBehalfOf);

    /**
     * The first half of a proof of access, {@code kms:GenerateDataKeyWithoutPlaintext}: a dry run as {@code probe} (the service's role) that
     * encrypts (KMS Developer Guide, "Testing your permissions"). It leaves nothing behind.
     *
     * @return {@code Got}: whether KMS allows it to the role. {@code Failed}: not known; with {@code Denied} and {@code sts:AssumeRole} the
     *     role cannot be assumed, which is no statement about the key.
     */
    AwsResult<Proof> proveEncrypt(CredentialScope probe, KeyArn key);

    /**
     * The second half of a proof of access, {@code kms:Decrypt}: a dry run as {@code probe} that decrypts. It leaves nothing behind.
     *
     * @param ciphertext what {@link #proveEncrypt} gave, null where it gave none
     * @return as {@link #proveEncrypt}
     */
    AwsResult<Proof> proveDecrypt(CredentialScope probe, KeyArn key, @Nullable String ciphertext);

    /**
     * Proves that {@code probe} (the service's role) can use the key, by dry runs as that role that encrypt and decrypt (KMS Developer
     * Guide, "Testing your permissions"). Two calls, of which the second is made only where the first is allowed; they leave nothing behind.
     *
     * @return {@code Got(true)}: proven. {@code Got(false)}: KMS denies it to the role. {@code Failed}: not known; with {@code Denied} and
     *     {@code sts:AssumeRole} the role cannot be assumed, which is no statement about the key.
     */
    default AwsResult<Boolean> proveAccess(CredentialScope probe, KeyArn key) {
        return switch (proveEncrypt(probe, key)) {
            case AwsResult.Success<Proof>(Proof(boolean allowed, var ciphertext))
            when allowed -> proveDecrypt(probe, key, ciphertext).map(Proof::allowed);
            case AwsResult.Success<Proof> refused -> new AwsResult.Success<>(false);
            case AwsResult.Error<Proof>(AwsError failure) -> new AwsResult.Error<>(failure);
        };
    }
}
