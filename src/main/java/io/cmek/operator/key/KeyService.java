package io.cmek.operator.key;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Identity;

/** The four things that the operator asks of AWS KMS. Every method makes exactly the one call that it names. */
public interface KeyService {

    /** {@code kms:DescribeKey}. */
    Answer<KeyFacts> describe(Identity identity, KeyArn key);

    /** {@code kms:GetKeyPolicy} of the policy named {@code default}: the document, as KMS has it. */
    Answer<String> readPolicy(Identity identity, KeyArn key);

    /** {@code kms:PutKeyPolicy} of the policy named {@code default}, with KMS's lockout safety check on. */
    Answer<String> writePolicy(Identity identity, KeyArn key, String document);

    /**
     * Proves that {@code probe} (the service's role) can use the key: DryRun calls of {@code GenerateDataKeyWithoutPlaintext},
     * {@code Decrypt} and {@code CreateGrant} as that role (KMS Developer Guide, "Testing your KMS API calls"). {@code Got} means
     * proven; {@code Failed} with {@code Denied} means that the role cannot; any other failure means not known.
     */
    Answer<Boolean> proveAccess(Identity probe, KeyArn key);
}
