package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsError.Detail;
import io.cmek.operator.awssdk.ErrorClassifier;
import io.cmek.operator.awssdk.Operation;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AwsErrorLoggerTest {

    private static final String KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final String OTHER_KEY =
            "arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab";
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private record Written(Level level, String message, Map<String, Object> fields) {}

    private final List<Written> written = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            written.add(new Written(
                    line.getLevel(),
                    new java.util.logging.SimpleFormatter().formatMessage(line),
                    Map.copyOf(MDC.getMap())));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Logger logger = Logger.getLogger(AwsErrorLogger.class.getName());
    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private final InstantSource clock = () -> now;
    private final AwsErrorLogger log = new AwsErrorLogger(clock.withZone(ZoneOffset.UTC));

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void stop() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private static Detail detail(String operation, String code, @Nullable String requestId) {
        return new Detail(operation, code, "AWS says no", requestId);
    }

    private static AwsError denied(String requestId) {
        return new AwsError.Denied(detail("kms:DescribeKey", "AccessDeniedException", requestId));
    }

    private void inspect(String key, AwsError failure) {
        log.failed(Operation.DESCRIBE_KEY, key, failure);
    }

    @Test
    void aLineHasWhatOneSearchesFor() {
        inspect(KEY, denied("id-1"));
        assertThat(written)
                .containsExactly(new Written(
                        org.jboss.logmanager.Level.WARN,
                        "kms:DescribeKey for " + KEY + ": AccessDeniedException: AWS says no (request id id-1)",
                        Map.of(
                                "key", KEY,
                                "aws.operation", "kms:DescribeKey",
                                "aws.errorCode", "AccessDeniedException",
                                "aws.requestId", "id-1")));
        assertThat(MDC.getMap()).doesNotContainKeys("key", "aws.requestId");
    }

    @Test
    void whatGoesOnUnchangedIsReportedOnce() {
        for (int i = 0; i < 100; i++) {
            inspect(KEY, denied("id-" + i));
            now = now.plus(MINUTE);
        }
        assertThat(written).hasSize(1);
    }

    @Test
    void anotherCodeAndAnotherKeyAreNews() {
        inspect(KEY, denied("id-1"));
        inspect(KEY, new AwsError.NotFound(detail("kms:DescribeKey", "NotFoundException", "id-2")));
        inspect(OTHER_KEY, denied("id-3"));
        assertThat(written).hasSize(3);
    }

    @Test
    void whatComesBackAfterLongIsNewsAndBeforeItIsNot() {
        inspect(KEY, denied("id-1"));
        now = now.plus(AwsErrorLogger.QUIET).minusSeconds(1);
        inspect(KEY, denied("id-2"));
        assertThat(written).hasSize(1);
        now = now.plus(AwsErrorLogger.QUIET);
        inspect(KEY, denied("id-3"));
        assertThat(written).extracting(Written::message).last().asString().contains("id-3");
        assertThat(written).hasSize(2);
    }

    @Test
    void aThousandKeysThatCannotBeReachedAreOneLine() {
        for (int i = 0; i < 1_000; i++) {
            inspect(
                    KEY.substring(0, KEY.length() - 4) + "%04d".formatted(i),
                    new AwsError.Unavailable(detail("kms:DescribeKey", ErrorClassifier.NO_CONNECTION, null)));
            inspect(
                    KEY.substring(0, KEY.length() - 4) + "%04d".formatted(i),
                    new AwsError.Throttled(detail("kms:DescribeKey", "ThrottlingException", "id-" + i)));
        }
        assertThat(written)
                .extracting(Written::message)
                .containsExactly(
                        "kms:DescribeKey: NoConnection: AWS says no",
                        "kms:DescribeKey: ThrottlingException: AWS says no (request id id-0)");
        assertThat(written).allSatisfy(line -> assertThat(line.fields()).doesNotContainKey("key"));
    }

    @Test
    void successesInDisguiseAndTheShutdownAreNoFailures() {
        log.failed(
                Operation.DECRYPT,
                KEY,
                new AwsError.Unavailable(detail("kms:Decrypt", ErrorClassifier.DRY_RUN, "id-1")));
        inspect(KEY, new AwsError.Unavailable(detail("kms:DescribeKey", ErrorClassifier.INTERRUPTED, null)));
        assertThat(written).isEmpty();
    }

    @Test
    void aBucketThatIsYetToBeMadeIsNoWarning() {
        logger.setLevel(Level.ALL);
        log.failed(
                Operation.GET_BUCKET_ENCRYPTION,
                "orders-data",
                new AwsError.NotFound(detail("s3:GetBucketEncryption", "NoSuchBucket", "id-1")));
        logger.setLevel(null);
        assertThat(written).extracting(Written::level).containsExactly(org.jboss.logmanager.Level.DEBUG);
        assertThat(written.getFirst().fields()).containsEntry("bucket", "orders-data");
    }
}
