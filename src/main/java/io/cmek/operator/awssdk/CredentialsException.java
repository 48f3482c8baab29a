package io.cmek.operator.awssdk;

import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** There are no credentials to call AWS with; the cause says why. */
final class CredentialsException extends SdkClientException {

    /** The operator's own credentials were looked for. */
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
