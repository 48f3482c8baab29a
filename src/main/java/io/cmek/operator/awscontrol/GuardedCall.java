package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.condition.Text;
import java.util.Objects;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Turns an unexpected exception of a call into an {@link AwsError}. The conditions then report it, and the other work continues. */
final class GuardedCall {

    private static final Logger LOG = Logger.getLogger(GuardedCall.class);

    /** Limit for the message of an unexpected error, in characters. */
    private static final int MAX_WORDS = 200;

    private GuardedCall() {}

    /** @param item the key or bucket of the call, for the log */
    static <T> AwsResult<T> of(String operation, Object item, Supplier<AwsResult<T>> request) {
        try {
            return request.get();
        } catch (RuntimeException e) {
            LOG.errorf(e, "%s for %s failed with an unexpected exception; the operator retries", operation, item);
            return new AwsResult.Error<>(new AwsError.Unavailable(new AwsError.Detail(
                    operation,
                    e.getClass().getSimpleName(),
                    Text.line(Objects.requireNonNullElse(e.getMessage(), ""), MAX_WORDS),
                    null)));
        }
    }
}
