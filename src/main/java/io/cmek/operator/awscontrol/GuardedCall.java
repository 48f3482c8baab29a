package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.condition.Text;
import java.util.Objects;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** A request that fails in an unforeseen way is one that failed: the conditions say so, and the rest of the work goes on. */
final class GuardedCall {

    private static final Logger LOG = Logger.getLogger(GuardedCall.class);

    /** Of an error that was not foreseen, in characters. */
    private static final int MAX_WORDS = 200;

    private GuardedCall() {}

    /** @param item that the request is about, for the log */
    static <T> AwsResult<T> of(String operation, Object item, Supplier<AwsResult<T>> request) {
        try {
            return request.get();
        } catch (RuntimeException e) {
            LOG.errorf(e, "%s for %s failed in an unforeseen way; it is repeated", operation, item);
            return new AwsResult.Error<>(new AwsError.Unavailable(new AwsError.Detail(
                    operation,
                    e.getClass().getSimpleName(),
                    Text.line(Objects.requireNonNullElse(e.getMessage(), ""), MAX_WORDS),
                    null)));
        }
    }
}
