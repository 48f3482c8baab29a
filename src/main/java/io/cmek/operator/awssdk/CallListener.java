package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import java.time.Duration;

/** Is told of everything that goes to AWS. Called on the thread that calls AWS: it must be quick and must not throw. */
public interface CallListener {

    /** What {@code outcome} is when AWS did what it was asked. */
    String OK = "OK";

    /** The outcome of a request that AWS refuses because there were too many; the SDK may repeat it, and the call end well. */
    String THROTTLING = "Throttling";

    /**
     * A call is over, with all its repetitions.
     *
     * @param outcome {@link #OK}, AWS's error code, or one of the codes of {@link ErrorClassifier}
     */
    void called(Operation operation, String outcome, Duration took);

    /**
     * One HTTP request of a call is over.
     *
     * @param outcome {@link #THROTTLING} where AWS asks to be called less often, else the HTTP status, or the kind of error where no answer
     *     came: {@code IO}, {@code ConfiguredTimeout}, {@code Other}
     */
    void attempted(Operation operation, String outcome, Duration took);

    /**
     * A call has failed; told beside {@link #called}, and once where it was the assuming of the role that failed.
     *
     * @param subject the ARN of the key or of the role, or the name of the bucket, that the call was about
     */
    default void failed(Operation operation, String subject, AwsError failure) {}

    /** One that tells both. */
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
