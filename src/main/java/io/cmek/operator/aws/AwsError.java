package io.cmek.operator.aws;

import org.jspecify.annotations.Nullable;

/**
 * Why AWS did not do what it was asked, classified once, by error code (never by HTTP status or message text, which
 * differ between services).
 */
public sealed interface AwsError {

    /** The error code where no connection came about in time, or no answer came in time to a request or to the call with all its repetitions. */
    String TIMED_OUT = "TimedOut";

    /** What happened, in AWS's own words. */
    Detail detail();

    /**
     * Whether time ran out: it may have been done all the same. Not where AWS itself answers that something took it too long, and not
     * where a connection was refused.
     */
    default boolean isTimeOut() {
        return this instanceof Unavailable && detail().code().equals(TIMED_OUT);
    }

    /** The operation, the error code and the sentence that AWS gave, with the request id for AWS support. */
    record Detail(
            String operation,
            String code,
            String message,
            @Nullable String requestId) {

        /** One line for a condition's message, for example {@code kms:DescribeKey: AccessDeniedException: …}. */
        @Override
        public String toString() {
            return operation + ": " + code + (message.isBlank() ? "" : ": " + message);
        }
    }

    /** The thing asked about does not exist. An answer about the world, not about our access to it. */
    record NotFound(Detail detail) implements AwsError {}

    /** The credentials in use are not allowed to do this. A person must act, and may at any time: retried slowly. */
    record Denied(Detail detail) implements AwsError {}

    /** AWS asks to be called less often. */
    record Throttled(Detail detail) implements AwsError {}

    /** No usable answer: the network, a server error, missing or expired credentials, a time-out. Retried. */
    record Unavailable(Detail detail) implements AwsError {}

    /** AWS understood the request and refuses it for what it says: the same request will be refused again. */
    record Rejected(Detail detail) implements AwsError {}
}
