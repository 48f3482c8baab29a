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
 * Logs failed calls to AWS with their request id, which AWS support and CloudTrail use. A failure is logged once, and again only if it did not
 * occur for {@link #QUIET}: a persistent or an intermittent failure must not flood the log.
 *
 * <p>A failure that does not concern one key or bucket is logged once for each operation, not for each key. Examples are throttling of the account
 * and a missing response. Otherwise a network outage would log a line for each of a thousand keys.
 */
final class AwsErrorLogger implements CallListener {

    static final Duration QUIET = Duration.ofMinutes(10);

    /** Above this number of entries, entries older than {@link #QUIET} are evicted. */
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

    /** Whether the failure concerns the key, bucket or role of the call, and not the account or the network. */
    private static boolean isAbout(AwsError failure) {
        return switch (failure) {
            case AwsError.NotFound gone -> true;
            case AwsError.Denied denied -> true;
            case AwsError.Rejected rejected -> true;
            case AwsError.Throttled throttled -> false;
            // Without a request id, AWS did not respond.
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

    /** A missing bucket or a missing encryption rule is normal until the operator creates it, so it is not a warning. */
    private static Logger.Level level(Operation operation, AwsError failure) {
        return failure instanceof AwsError.NotFound && operation.service().equals("s3")
                ? Logger.Level.DEBUG
                : Logger.Level.WARN;
    }
}
