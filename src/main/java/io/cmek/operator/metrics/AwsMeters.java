package io.cmek.operator.metrics;

import io.cmek.operator.awssdk.CallListener;
import io.cmek.operator.awssdk.ErrorClassifier;
import io.cmek.operator.awssdk.Operation;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts the calls to AWS. */
public final class AwsMeters implements CallListener {

    private static final String OTHER = "Other";

    /**
     * The codes with a label value of their own: the error codes of the operations that the operator calls (KMS, S3 and STS API References), and
     * the codes of {@link ErrorClassifier}. Every other code is {@code Other}, because AWS can add codes and a proxy can return any code.
     */
    static final List<String> OUTCOMES = List.of(
            OK,
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationHeaderMalformed",
            "BucketAlreadyExists",
            "BucketAlreadyOwnedByYou",
            "DependencyTimeoutException",
            "DisabledException",
            "ExpiredToken",
            "ExpiredTokenException",
            "IllegalLocationConstraintException",
            "InternalError",
            "InternalFailure",
            "InvalidAccessKeyId",
            "InvalidArnException",
            "InvalidClientTokenId",
            "KeyUnavailableException",
            "KMSInternalException",
            "KMSInvalidStateException",
            "LimitExceededException",
            "MalformedPolicyDocumentException",
            "NoSuchBucket",
            "NotFoundException",
            "OperationAborted",
            "PermanentRedirect",
            "RegionDisabledException",
            "RequestLimitExceeded",
            "RequestTimeTooSkewed",
            "ServerSideEncryptionConfigurationNotFoundError",
            "ServiceUnavailable",
            "SignatureDoesNotMatch",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "TooManyBuckets",
            "TooManyRequestsException",
            "UnrecognizedClientException",
            "UnsupportedOperationException",
            ErrorClassifier.CLIENT_ERROR,
            ErrorClassifier.INTERRUPTED,
            ErrorClassifier.NO_CODE,
            ErrorClassifier.NO_CONNECTION,
            ErrorClassifier.NO_CREDENTIALS,
            ErrorClassifier.NO_TLS,
            ErrorClassifier.TIMED_OUT,
            ErrorClassifier.UNREADABLE,
            OTHER);

    private static final String SUCCESSFUL = "2xx";

    static final List<String> REQUEST_OUTCOMES =
            List.of(SUCCESSFUL, "3xx", "4xx", "5xx", THROTTLING, "IO", "ConfiguredTimeout", OTHER);

    private final MeterRegistry registry;
    private final Map<Operation, Timer> durations = new EnumMap<>(Operation.class);

    public AwsMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Operation operation : Operation.values()) {
            durations.put(operation, Metric.AWS_CALL_DURATION.timer(registry, operation.toString()));
            Metric.AWS_CALLS.counter(registry, operation.toString(), OK);
            Metric.AWS_REQUESTS.counter(registry, operation.toString(), SUCCESSFUL);
        }
    }

    @Override
    public void called(Operation operation, String outcome, Duration took) {
        Metric.AWS_CALLS
                .counter(
                        registry,
                        operation.toString(),
                        outcome.equals(ErrorClassifier.DRY_RUN) ? OK : known(OUTCOMES, outcome))
                .increment();
        durations.get(operation).record(took);
    }

    @Override
    public void attempted(Operation operation, String outcome, Duration took) {
        String shortened = outcome.matches("[1-9][0-9]{2}") ? outcome.charAt(0) + "xx" : outcome;
        Metric.AWS_REQUESTS
                .counter(registry, operation.toString(), known(REQUEST_OUTCOMES, shortened))
                .increment();
    }

    private static String known(List<String> all, String value) {
        return all.contains(value) ? value : OTHER;
    }
}
