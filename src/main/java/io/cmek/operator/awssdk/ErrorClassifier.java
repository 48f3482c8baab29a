package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsError.Detail;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
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
 * What an exception of the AWS SDK means, by its error code alone: HTTP statuses differ between services and emulators, and message texts
 * change. A code that is not in the table is {@link AwsError.Unavailable}: it is tried again, because a code that nobody has foreseen must
 * not end in a state that only a person can mend.
 *
 * <p>Sources of the codes: the errors of each operation in the KMS, S3 and STS API References; "Common Errors" of KMS and STS; "Error
 * responses" of S3; and, for throttling, the list in the SDKs and Tools Reference Guide, "Retry behavior". What only other services or
 * other operations answer is not in the table.
 *
 * <p>Refused credentials (expired, unknown, wrongly signed, a clock that is wrong) are {@code Unavailable} and not {@code Denied}: AWS has
 * not said that the role may not do it, but that it does not know who asks. That is mended by the next renewal of the credentials, and
 * nobody needs to change a policy.
 *
 * <p>Where no answer of AWS came, the code is one of this class's own.
 */
public final class ErrorClassifier {

    /** How KMS says that a dry run would have succeeded (KMS Developer Guide, "Testing your permissions"): no failure at all. */
    public static final String DRY_RUN = "DryRunOperationException";

    /** No AWS credentials were found. */
    public static final String NO_CREDENTIALS = "NoCredentials";

    /** No connection came about, or it broke. */
    public static final String NO_CONNECTION = "NoConnection";

    /** The TLS handshake failed: a certificate that is not trusted, or a proxy that speaks no TLS. */
    public static final String NO_TLS = "NoTls";

    /** AWS did not answer in time: {@link AwsError#isTimeOut}. */
    public static final String TIMED_OUT = AwsError.TIMED_OUT;

    /** The operator is shutting down. */
    public static final String INTERRUPTED = "Interrupted";

    /** What came back is not what the operation answers. */
    public static final String UNREADABLE = "UnreadableAnswer";

    /** The SDK could not carry out the call for another reason. */
    public static final String CLIENT_ERROR = "ClientError";

    /** An error answer without an error code, as proxies and load balancers give it. */
    public static final String NO_CODE = "NoErrorCode";

    private static final int MAX_MESSAGE = 512;

    private ErrorClassifier() {}

    /**
     * @param operation as the failure is to name it, for example {@code kms:DescribeKey}; where it was the assuming of the role that failed,
     *     the failure names that instead
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
                // These texts quote times, and some quote what was signed, session token and all.
                ? "AWS does not accept the credentials; they are fetched anew"
                : said;
        return kind(code).apply(new Detail(operation, cleanCode, message, requestId(error)));
    }

    private static @Nullable String requestId(AwsServiceException error) {
        return error.requestId() == null ? null : clean(error.requestId(), 128);
    }

    /** What a code means. */
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

            // LimitExceededException is of KMS alone, which throttles with ThrottlingException: a length or a quota of
            // the
            // key is exceeded, which the same request will exceed again (KMS API Reference, "PutKeyPolicy").
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

            // Known, and repeated: KMSInternalException, DependencyTimeoutException, InternalError, InternalFailure,
            // ServiceUnavailable,
            // OperationAborted, ConflictException, RequestTimeout, TemporaryRedirect; the state of a key, which its
            // owner may change at any
            // time and which the operator sees in kms:DescribeKey (DisabledException, KMSInvalidStateException,
            // KeyUnavailableException,
            // the CustomKeyStore…, CloudHsm… and Xks… exceptions); refused credentials; and whatever is not foreseen.
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

    /** Whether AWS says by this code that it does not know who asks. */
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
        return ownFailure(operation, CLIENT_ERROR, error.getClass().getSimpleName() + ": " + error.getMessage());
    }

    static AwsError timedOut(String operation) {
        return ownFailure(operation, TIMED_OUT, "AWS did not answer in time");
    }

    private static AwsError interrupted(String operation) {
        return ownFailure(operation, INTERRUPTED, "the operator is shutting down");
    }

    static AwsError unreadable(String operation) {
        return ownFailure(operation, UNREADABLE, "the answer is not one that AWS gives to this operation");
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

    /** Control characters, line and paragraph separators, and the invisible ones that turn text around on a terminal. */
    private static final Pattern UNPRINTABLE =
            Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}\\p{Cn}\\s]+");

    /** What the SDK and some services append, different at each attempt: it would make each look at a thing a new event. */
    private static final Pattern CHANGING = Pattern.compile(
            "\\(Service: [^)]*\\)|\\(?(?:SDK )?(?:Attempt Count|Request ID|RequestId|Extended Request ID): ?[^\\s),;]+\\)?"
                    + "|Encoded authorization failure message: ?\\S+");

    private static final Pattern SECRET = Pattern.compile(
            "(?i)((?:session|security)[-_ ]?token|secret[-_ ]?(?:access)?[-_ ]?key|signature|password|authorization)(\\s*[=:]\\s*)\\S+");

    /** Longer than any name that AWS allows: a token or a signature. */
    private static final Pattern LONG_TOKEN = Pattern.compile("[A-Za-z0-9+/=_%-]{100,}");

    private static final Pattern ACCESS_KEY_ID = Pattern.compile("\\b(A(?:KIA|SIA))[A-Z0-9]{12,}\\b");

    /** Fit for one line of a condition: printable, without secrets, without what changes from attempt to attempt, bounded. */
    static String clean(@Nullable String text, int longest) {
        if (text == null) {
            return "";
        }
        // A bound before the patterns, too: what AWS sends is not to cost time.
        String line = UNPRINTABLE
                .matcher(text.substring(0, Math.min(text.length(), 16 * MAX_MESSAGE)))
                .replaceAll(" ");
        line = SECRET.matcher(line).replaceAll("$1$2[hidden]");
        line = CHANGING.matcher(line).replaceAll("");
        line = LONG_TOKEN.matcher(line).replaceAll("[hidden]");
        line = ACCESS_KEY_ID.matcher(line).replaceAll("$1[hidden]");
        line = line.replaceAll(" {2,}", " ").strip();
        // Sentences go on after it: "…: Access Denied." and not "…: Access Denied..".
        while (line.endsWith(".")) {
            line = line.substring(0, line.length() - 1);
        }
        return line.length() <= longest ? line : line.substring(0, cut(line, longest - 1)) + "…";
    }

    private static int cut(String line, int at) {
        return Character.isHighSurrogate(line.charAt(at - 1)) ? at - 1 : at;
    }
}
