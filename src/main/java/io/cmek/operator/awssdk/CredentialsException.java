package io.cmek.operator.awssdk;

import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** There are no credentials for AWS calls. The cause says why. */
final class CredentialsException extends SdkClientException {

    /** The operation that fails without the operator's own credentials. */
    static final String OWN = "credentials";

    private final String operation;

    CredentialsException(String operation, SdkException cause) {
        super(SdkClientException.builder()
                .message("No credentials from " + operation)
                .cause(cause));
        this.operation = operation;
    }

    /** {@link #OWN} or {@code sts:AssumeRole}. */
    String operation() {
        return operation;
    }
}
