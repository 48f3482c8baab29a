package io.cmek.operator.aws;

import org.jspecify.annotations.Nullable;

/** Why an AWS call failed. Classified once, by error code. HTTP status and message text differ between services. */
public sealed interface AwsError {

    /** The error code of a timeout: of a connection, of one request, or of a call with all its retries. */
    String TIMED_OUT = "TimedOut";

    /** The error, in the words of AWS. */
    Detail detail();

    /** Whether the call timed out, so that AWS may have executed it. False for timeouts that AWS itself reports, and for refused connections. */
    default boolean isTimeOut() {
        return this instanceof Unavailable && detail().code().equals(TIMED_OUT);
    }

    /** The operation, the error code and message of AWS, and the request id for AWS support. */
    record Detail(
            String operation,
            String code,
            String message,
            @Nullable String requestId) {

        /** One line for a condition message, for example {@code kms:DescribeKey: AccessDeniedException: …}. */
        @Override
        public String toString() {
            return operation + ": " + code + (message.isBlank() ? "" : ": " + message);
        }
    }

    /** The resource does not exist. This is a fact about the resource, not about access to it. */
    record NotFound(Detail detail) implements AwsError {}

    /** The credentials do not have permission. A user must act, and may do so at any time, so retries are slow. */
    record Denied(Detail detail) implements AwsError {}

    /** AWS throttles the caller. */
    record Throttled(Detail detail) implements AwsError {}

    /** No usable response: network, server error, missing or expired credentials, or timeout. Retried. */
    record Unavailable(Detail detail) implements AwsError {}

    /** AWS understood the request and rejects its content. The same request would fail again. */
    record Rejected(Detail detail) implements AwsError {}
}
