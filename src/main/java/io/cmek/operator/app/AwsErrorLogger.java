package io.cmek.operator.app;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awssdk.CallListener;
import io.cmek.operator.awssdk.ErrorClassifier;
import io.cmek.operator.awssdk.Operation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Writes failed calls to AWS to the log, with the request id that AWS support and CloudTrail know them by: once when a failure is new, and not
 * again while it goes on. It is new when the same was not seen for {@link #QUIET}, so that one that comes and goes is no flood either.
 *
 * <p>A failure that is not about the key or the bucket (AWS throttles the account, or gave no answer) is the same for all of them: a thousand
 * keys that cannot be reached are one line for each operation.
 */
final class AwsErrorLogger implements CallListener {

    static final Duration QUIET = Duration.ofMinutes(10);

    /** From this size on, what has been quiet for long is forgotten. */
    private static final int MANY = 1_000;

    static final String OPERATION = "aws.operation";
    static final String ERROR_CODE = "aws.errorCode";
    static final String REQUEST_ID = "aws.requestId";

    private static final Logger LOG = Logger.getLogger(AwsErrorLogger.class);

    private static final String EVERYTHING = "";

    private record Line(String operation, String subject, String code) {}

    private final Clock clock;
    private final Map<Line, Instant> lastSeen = new ConcurrentHashMap<>();

    AwsErrorLogger(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void called(Operation operation, String outcome, Duration took) {}

    @Override
    public void attempted(Operation operation, String outcome, Duration took) {}

    @Override
    public void failed(Operation operation, String subject, AwsError failure) {
        AwsError.Detail detail = failure.detail();
        if (detail.code().equals(ErrorClassifier.DRY_RUN) || detail.code().equals(ErrorClassifier.INTERRUPTED)) {
            return;
        }
        String about = isAbout(failure) ? subject : EVERYTHING;
        if (isNew(new Line(detail.operation(), about, detail.code()))) {
            write(operation, about, failure);
        }
    }

    /** Whether it says something about the one thing that AWS was asked about. */
    private static boolean isAbout(AwsError failure) {
        return switch (failure) {
            case AwsError.NotFound gone -> true;
            case AwsError.Denied denied -> true;
            case AwsError.Rejected rejected -> true;
            case AwsError.Throttled throttled -> false;
            // Without a request id there was no answer.
            case AwsError.Unavailable unavailable -> unavailable.detail().requestId() != null;
        };
    }

    private boolean isNew(Line line) {
        Instant now = clock.instant();
        Instant before = lastSeen.put(line, now);
        if (lastSeen.size() > MANY) {
            lastSeen.values().removeIf(seen -> !isRecent(seen, now));
        }
        return before == null || !isRecent(before, now);
    }

    private static boolean isRecent(Instant seen, Instant now) {
        return seen.plus(QUIET).isAfter(now);
    }

    private static void write(Operation operation, String about, AwsError failure) {
        AwsError.Detail detail = failure.detail();
        var fields = new HashMap<String, String>();
        fields.put(OPERATION, detail.operation());
        fields.put(ERROR_CODE, detail.code());
        if (!about.equals(EVERYTHING)) {
            fields.put(fieldOf(operation), about);
        }
        if (detail.requestId() != null) {
            fields.put(REQUEST_ID, detail.requestId());
        }
        fields.forEach(MDC::put);
        try {
            LOG.logf(
                    level(operation, failure),
                    "%s%s: %s: %s%s",
                    detail.operation(),
                    about.equals(EVERYTHING) ? "" : " for " + about,
                    detail.code(),
                    detail.message(),
                    detail.requestId() == null ? "" : " (request id " + detail.requestId() + ")");
        } finally {
            fields.keySet().forEach(MDC::remove);
        }
    }

    private static String fieldOf(Operation operation) {
        return switch (operation.service()) {
            case "kms" -> "key";
            case "s3" -> "bucket";
            default -> "role";
        };
    }

    /** That a bucket, or its rule of encryption, is not there yet is an answer, and the usual one before the operator makes it. */
    private static Logger.Level level(Operation operation, AwsError failure) {
        return failure instanceof AwsError.NotFound && operation.service().equals("s3")
                ? Logger.Level.DEBUG
                : Logger.Level.WARN;
    }
}
