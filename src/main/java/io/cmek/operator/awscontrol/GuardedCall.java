package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.Answer;
import io.cmek.operator.aws.Failure;
import io.cmek.operator.condition.Text;
import java.util.Objects;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** A request that fails in an unforeseen way is one that failed: the conditions say so, and the rest of the work goes on. */
final class GuardedCall {

    private static final Logger LOG = Logger.getLogger(GuardedCall.class);

    /** Of an error that was not foreseen, in characters. */
    private static final int LONGEST_WORDS = 200;

    private GuardedCall() {}

    /** @param item that the request is about, for the log */
    static <T> Answer<T> of(String operation, Object item, Supplier<Answer<T>> request) {
        try {
            return request.get();
        } catch (RuntimeException e) {
            LOG.errorf(e, "%s for %s failed in an unforeseen way; it is repeated", operation, item);
            return new Answer.Failed<>(new Failure.Unavailable(new Failure.Detail(
                    operation,
                    e.getClass().getSimpleName(),
                    Text.line(Objects.requireNonNullElse(e.getMessage(), ""), LONGEST_WORDS),
                    null)));
        }
    }
}
