package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import java.time.Duration;

/** Receives all calls to AWS. Called on the thread that calls AWS: implementations must be quick and must not throw. */
public interface CallListener {

    /** The {@code outcome} of a successful call. */
    String OK = "OK";

    /** The outcome of a throttled request. The SDK may retry it, and the call may still succeed. */
    String THROTTLING = "Throttling";

    /**
     * A call has ended, with all its retries.
     *
     * @param outcome {@link #OK}, AWS's error code, or one of the codes of {@link ErrorClassifier}
     */
    void called(Operation operation, String outcome, Duration took);

    /**
     * One HTTP request of a call has ended.
     *
     * @param outcome {@link #THROTTLING} if AWS throttled it, otherwise the HTTP status. Without a response it is the kind of error: {@code IO},
     *     {@code ConfiguredTimeout}, {@code Other}
     */
    void attempted(Operation operation, String outcome, Duration took);

    /**
     * A call has failed. Follows {@link #called}. A failed AssumeRole is reported once, for all calls that need the role.
     *
     * @param subject of the call: the ARN of the key or role, or the name of the bucket
     */
    default void failed(Operation operation, String subject, AwsError failure) {}

    /** A listener that forwards to both. */
    static CallListener both(CallListener one, CallListener other) {
        return new CallListener() {
            @Override
            public void called(Operation operation, String outcome, Duration took) {
                one.called(operation, outcome, took);
                other.called(operation, outcome, took);
            }

            @Override
            public void attempted(Operation operation, String outcome, Duration took) {
                one.attempted(operation, outcome, took);
                other.attempted(operation, outcome, took);
            }

            @Override
            public void failed(Operation operation, String subject, AwsError failure) {
                one.failed(operation, subject, failure);
                other.failed(operation, subject, failure);
            }
        };
    }

    CallListener NONE = new CallListener() {
        @Override
        public void called(Operation operation, String outcome, Duration took) {}

        @Override
        public void attempted(Operation operation, String outcome, Duration took) {}
    };
}
