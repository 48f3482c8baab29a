package io.cmek.operator.key;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import org.jspecify.annotations.Nullable;

/**
 * Port to AWS KMS. Every abstract method makes exactly the one call that it names. A timeout is an {@code Error} with {@link AwsError#isTimeOut}
 * true, and KMS may still have executed the call.
 */
public interface KeyService {

    /** {@code kms:DescribeKey}. */
    AwsResult<KeyFacts> describe(CredentialScope identity, KeyArn key);

    /** {@code kms:GetKeyPolicy} of the policy named {@code default}: the document as KMS returns it. */
    AwsResult<String> readPolicy(CredentialScope identity, KeyArn key);

    /**
     * {@code kms:PutKeyPolicy} of the policy named {@code default}, with the KMS lockout safety check on.
     *
     * @param onBehalfOf the resource that needs the write, for CloudTrail: letters, digits, dots and dashes
     */
    AwsResult<String> writePolicy(CredentialScope identity, KeyArn key, String document, String onBehalfOf);

    /**
     * First half of an access proof, {@code kms:GenerateDataKeyWithoutPlaintext}: a dry run of an encryption as {@code probe}, the service's role
     * (KMS Developer Guide, "Testing your permissions"). It has no side effects.
     *
     * @return {@code Success}: whether KMS allows it to the role. {@code Error}: unknown. {@code Denied} with {@code sts:AssumeRole} means that the
     *     operator cannot assume the role, and says nothing about the key.
     */
    AwsResult<Proof> proveEncrypt(CredentialScope probe, KeyArn key);

    /**
     * Second half of an access proof, {@code kms:Decrypt}: a dry run of a decryption as {@code probe}. It has no side effects.
     *
     * @param ciphertext from {@link #proveEncrypt}, null if it returned none
     * @return as {@link #proveEncrypt}
     */
    AwsResult<Proof> proveDecrypt(CredentialScope probe, KeyArn key, @Nullable String ciphertext);

    /**
     * Proves that {@code probe}, the service's role, can use the key. It makes dry runs of an encryption and a decryption as that role (KMS Developer
     * Guide, "Testing your permissions"). The second call follows only if KMS allows the first. Neither has side effects.
     *
     * @return {@code Success(true)}: proven. {@code Success(false)}: KMS denies it to the role. {@code Error}: unknown. {@code Denied} with {@code
     *     sts:AssumeRole} means that the operator cannot assume the role, and says nothing about the key.
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
