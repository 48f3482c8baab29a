package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsError.Detail;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkInterruptedException;
import software.amazon.awssdk.thirdparty.jackson.core.JsonProcessingException;

/**
 * Classifies an exception of the AWS SDK, by its error code alone. HTTP statuses differ between services and emulators, and message texts change. A
 * code outside the table is {@link AwsError.Unavailable} and is retried: an unforeseen code must not require user action.
 *
 * <p>Sources of the codes: the errors of each operation in the KMS, S3 and STS API References; "Common Errors" of KMS and STS; "Error responses" of
 * S3; and, for throttling, the SDKs and Tools Reference Guide, "Retry behavior". Codes of other services and operations are not in the table.
 *
 * <p>Rejected credentials (expired, unknown, wrongly signed, or from a wrong clock) are {@code Unavailable} and not {@code Denied}. AWS does not know
 * the caller, and says nothing about its permissions. The next renewal of the credentials fixes that, without a policy change.
 *
 * <p>If there is no response from AWS, the code is one of this class.
 */
public final class ErrorClassifier {

    /** The error of a successful dry run (KMS Developer Guide, "Testing your permissions"). It is not a failure. */
    public static final String DRY_RUN = "DryRunOperationException";

    /** No AWS credentials were found. */
    public static final String NO_CREDENTIALS = "NoCredentials";

    /** The connection failed or broke. */
    public static final String NO_CONNECTION = "NoConnection";

    /** The TLS handshake failed: an untrusted certificate, or a proxy without TLS. */
    public static final String NO_TLS = "NoTls";

    /** AWS did not answer in time: {@link AwsError#isTimeOut}. */
    public static final String TIMED_OUT = AwsError.TIMED_OUT;

    /** The operator is shutting down. */
    public static final String INTERRUPTED = "Interrupted";

    /** The response does not fit the operation. */
    public static final String UNREADABLE = "UnreadableAnswer";

    /** The SDK failed for another reason. */
    public static final String CLIENT_ERROR = "ClientError";

    /** An error response without an error code, as from proxies and load balancers. */
    public static final String NO_CODE = "NoErrorCode";

    /** With which a pod gets the credentials of its role (EKS User Guide, "IAM roles for service accounts"). */
    static final String WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity";

    private static final int MAX_MESSAGE = 512;

    private ErrorClassifier() {}

    /**
     * @param operation name of the operation in the error, for example {@code kms:DescribeKey}; the error names {@code sts:AssumeRole} instead if
     *     that call failed
     */
    public static AwsError classify(String operation, Throwable error) {
        CredentialsException credentials = find(error, CredentialsException.class);
        if (credentials != null && credentials.getCause() != null) {
            return noCredentials(credentials);
        }
        AwsServiceException refused = find(error, AwsServiceException.class);
        return refused != null ? ofService(operation, refused) : ofClient(operation, error);
    }

    private static AwsError noCredentials(CredentialsException error) {
        Throwable cause = error.getCause();
        if (!error.operation().equals(CredentialsException.OWN) || isInterruption(cause)) {
            return classify(error.operation(), cause);
        }
        if (find(cause, AwsServiceException.class) != null) {
            return classify(WEB_IDENTITY, cause);
        }
        return new AwsError.Unavailable(new Detail(
                error.operation(),
                NO_CREDENTIALS,
                "no AWS credentials were found; give the operator's pod a role (IRSA or EKS Pod Identity), or set the AWS SDK's"
                        + " standard settings",
                null));
    }

    private static AwsError ofService(String operation, AwsServiceException error) {
        AwsErrorDetails details = error.awsErrorDetails();
        String code = details == null ? null : details.errorCode();
        if (code == null || code.isBlank()) {
            return new AwsError.Unavailable(new Detail(
                    operation,
                    NO_CODE,
                    "HTTP status " + error.statusCode() + " without an error code",
                    requestId(error)));
        }
        String cleanCode = clean(code, 64);
        String said = details.errorMessage() == null ? "" : clean(details.errorMessage(), MAX_MESSAGE);
        String message = isAboutCredentials(code)
                // These messages quote times, and some quote the signed text with the session token.
                ? rejectedCredentials(operation)
                : said;
        return kind(code).apply(new Detail(operation, cleanCode, message, requestId(error)));
    }

    private static String rejectedCredentials(String operation) {
        return operation.equals(WEB_IDENTITY)
                ? "STS rejected the web identity token of the operator's pod; the operator reads it again at each try. If this stays,"
                        + " check the clock of the node and the volume of the token"
                : "AWS does not accept the credentials; the operator fetches new ones";
    }

    private static @Nullable String requestId(AwsServiceException error) {
        return error.requestId() == null ? null : clean(error.requestId(), 128);
    }

    /** The kind of error for a code. */
    private static Function<Detail, AwsError> kind(String code) {
        return switch (code) {
            case "NotFoundException", "NotFound", "NoSuchBucket", "ServerSideEncryptionConfigurationNotFoundError" ->
                AwsError.NotFound::new;

            case "AccessDeniedException",
                    "AccessDenied",
                    "AllAccessDisabled",
                    "AccountProblem",
                    "NotAuthorized",
                    "NotSignedUp",
                    "OptInRequired",
                    "RegionDisabledException",
                    "SubscriptionRequiredException",
                    "UnauthorizedAccess" -> AwsError.Denied::new;

            case "BandwidthLimitExceeded",
                    "RequestLimitExceeded",
                    "RequestThrottled",
                    "RequestThrottledException",
                    "SlowDown",
                    "ThrottledException",
                    "Throttling",
                    "ThrottlingException",
                    "TooManyRequests",
                    "TooManyRequestsException" -> AwsError.Throttled::new;

            // LimitExceededException comes only from KMS, which throttles with ThrottlingException. It means that a
            // length or a quota of the key is exceeded. The same request would exceed it again (KMS API Reference,
            // "PutKeyPolicy").
            case "BucketAlreadyExists",
                    "BucketAlreadyOwnedByYou",
                    "IllegalLocationConstraintException",
                    "IncorrectKeyException",
                    "InvalidAction",
                    "InvalidArgument",
                    "InvalidArnException",
                    "InvalidBucketAclWithObjectOwnership",
                    "InvalidBucketName",
                    "InvalidBucketState",
                    "InvalidCiphertextException",
                    "InvalidEncryptionAlgorithmError",
                    "InvalidGrantTokenException",
                    "InvalidKeyUsageException",
                    "InvalidLocationConstraint",
                    "InvalidParameterCombination",
                    "InvalidParameterValue",
                    "InvalidRequest",
                    "InvalidURI",
                    "LimitExceededException",
                    "MalformedPolicyDocument",
                    "MalformedPolicyDocumentException",
                    "MalformedXML",
                    "MethodNotAllowed",
                    "MissingParameter",
                    "NotImplemented",
                    "PackedPolicyTooLarge",
                    "PermanentRedirect",
                    "SerializationException",
                    "TooManyBuckets",
                    "UnknownOperationException",
                    "UnsupportedOperationException",
                    "ValidationError",
                    "ValidationException" -> AwsError.Rejected::new;

            // Retried. Known codes are: KMSInternalException, DependencyTimeoutException, InternalError,
            // InternalFailure, ServiceUnavailable, OperationAborted, ConflictException, RequestTimeout,
            // TemporaryRedirect. So are the codes for key states, which the owner may change at any time and which
            // kms:DescribeKey shows: DisabledException, KMSInvalidStateException, KeyUnavailableException, and the
            // CustomKeyStore…, CloudHsm… and Xks… exceptions. Rejected credentials and unforeseen codes, too.
            default -> AwsError.Unavailable::new;
        };
    }

    private static final Set<String> ABOUT_CREDENTIALS = Set.of(
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSecurity",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "MissingSecurityHeader",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException");

    /** Whether the code means that AWS does not know the caller. */
    static boolean isAboutCredentials(String code) {
        return ABOUT_CREDENTIALS.contains(code);
    }

    private static AwsError ofClient(String operation, Throwable error) {
        if (isInterruption(error)) {
            return interrupted(operation);
        }
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            Optional<AwsError> known =
                    switch (cause) {
                        case ApiCallTimeoutException e -> Optional.of(timedOut(operation));
                        case ApiCallAttemptTimeoutException e -> Optional.of(timedOut(operation));
                        case SocketTimeoutException e -> Optional.of(timedOut(operation));
                        case ResponseSizeLimiter.AnswerTooLargeException e ->
                            Optional.of(ownFailure(operation, UNREADABLE, e.getMessage()));
                        case JsonProcessingException e -> Optional.of(unreadable(operation));
                        case XMLStreamException e -> Optional.of(unreadable(operation));
                        case UnknownHostException e ->
                            Optional.of(ownFailure(operation, NO_CONNECTION, unknownHost(e)));
                        case SSLException e -> Optional.of(ownFailure(operation, NO_TLS, e.getMessage()));
                        case IOException e ->
                            Optional.of(ownFailure(
                                    operation,
                                    NO_CONNECTION,
                                    e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
                        default -> Optional.empty();
                    };
            if (known.isPresent()) {
                return known.get();
            }
        }
        return ownFailure(
                operation,
                CLIENT_ERROR,
                "the AWS SDK failed: "
                        + OBJECT_HASH
                                .matcher(String.valueOf(error.getMessage()))
                                .replaceAll(""));
    }

    private static String unknownHost(UnknownHostException error) {
        String host = HOST.matcher(String.valueOf(error.getMessage()))
                .results()
                .map(MatchResult::group)
                .findFirst()
                .orElse("the host of AWS");
        return host + " cannot be resolved; check DNS, NetworkPolicy and the proxy of the operator's pod";
    }

    /** In the messages of the JDK and of HTTP clients: {@code kms.us-east-1.amazonaws.com: Name or service not known}. */
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+");

    /** As {@link Object#toString} has it. It differs with each process. */
    private static final Pattern OBJECT_HASH = Pattern.compile("@[0-9a-f]{5,8}\\b");

    static AwsError timedOut(String operation) {
        return ownFailure(operation, TIMED_OUT, "AWS did not answer in time");
    }

    private static AwsError interrupted(String operation) {
        return ownFailure(operation, INTERRUPTED, "the operator is shutting down");
    }

    static AwsError unreadable(String operation) {
        return ownFailure(operation, UNREADABLE, "the response does not fit the operation");
    }

    private static AwsError ownFailure(String operation, String code, String message) {
        return new AwsError.Unavailable(new Detail(operation, code, clean(message, MAX_MESSAGE), null));
    }

    static boolean isInterruption(@Nullable Throwable error) {
        return find(error, InterruptedException.class) != null
                || find(error, SdkInterruptedException.class) != null
                || find(error, AbortedException.class) != null;
    }

    private static <E extends Throwable> @Nullable E find(@Nullable Throwable error, Class<E> type) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }

    /** Control characters, line and paragraph separators, and invisible characters that change the text direction on a terminal. */
    private static final Pattern UNPRINTABLE =
            Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}\\p{Cn}\\s]+");

    /** What the SDK and some services append. It differs with each attempt, and would make each poll a new Event. */
    private static final Pattern CHANGING = Pattern.compile(
            "\\(Service: [^)]*\\)|\\(?(?:SDK )?(?:Attempt Count|Request ID|RequestId|Extended Request ID): ?[^\\s),;]+\\)?"
                    + "|Encoded authorization failure message: ?\\S+");

    private static final Pattern SECRET = Pattern.compile(
            "(?i)((?:session|security)[-_ ]?token|secret[-_ ]?(?:access)?[-_ ]?key|signature|password|authorization)(\\s*[=:]\\s*)\\S+");

    /** Longer than any name in AWS: a token or a signature. */
    private static final Pattern LONG_TOKEN = Pattern.compile("[A-Za-z0-9+/=_%-]{100,}");

    private static final Pattern ACCESS_KEY_ID = Pattern.compile("\\b(A(?:KIA|SIA))[A-Z0-9]{12,}\\b");

    /** Sanitizes text for one line of a condition: printable, limited in length, without secrets, and stable between attempts. */
    static String clean(@Nullable String text, int longest) {
        if (text == null) {
            return "";
        }
        // Limit the length before the patterns run, because the text is untrusted.
        String line = UNPRINTABLE
                .matcher(text.substring(0, Math.min(text.length(), 16 * MAX_MESSAGE)))
                .replaceAll(" ");
        line = SECRET.matcher(line).replaceAll("$1$2[hidden]");
        line = CHANGING.matcher(line).replaceAll("");
        line = LONG_TOKEN.matcher(line).replaceAll("[hidden]");
        line = ACCESS_KEY_ID.matcher(line).replaceAll("$1[hidden]");
        line = line.replaceAll(" {2,}", " ").strip();
        // The message continues after it: "…: Access Denied." and not "…: Access Denied..".
        while (line.endsWith(".")) {
            line = line.substring(0, line.length() - 1);
        }
        return line.length() <= longest ? line : line.substring(0, cut(line, longest - 1)) + "…";
    }

    private static int cut(String line, int at) {
        return Character.isHighSurrogate(line.charAt(at - 1)) ? at - 1 : at;
    }
}
