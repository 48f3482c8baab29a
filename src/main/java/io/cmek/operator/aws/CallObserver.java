package io.cmek.operator.aws;

import java.time.Duration;

/** Is told of everything that goes to AWS. Called on the thread that calls AWS: it must be quick and must not throw. */
public interface CallObserver {

    /** What {@code outcome} is when AWS did what it was asked. */
    String OK = "OK";

    /**
     * A call is over, with all its repetitions and the wait for its turn.
     *
     * @param outcome {@link #OK}, AWS's error code, or one of the codes of {@link Failures}
     */
    void called(Operation operation, String outcome, Duration took);

    /**
     * One HTTP request of a call is over.
     *
     * @param outcome the HTTP status, or the kind of error where no answer came: {@code IO}, {@code ConfiguredTimeout}, {@code Other}
     */
    void attempted(Operation operation, String outcome, Duration took);

    CallObserver NONE = new CallObserver() {
        @Override
        public void called(Operation operation, String outcome, Duration took) {}

        @Override
        public void attempted(Operation operation, String outcome, Duration took) {}
    };
}
