package io.cmek.operator.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;

class ErrorClassifierTest {

    private static final String DESCRIBE = "kms:DescribeKey";

    @ParameterizedTest
    @CsvSource({
        "NotFoundException, NotFound",
        "AccessDeniedException, Denied",
        "ThrottlingException, Throttled",
        "SlowDown, Throttled",
        "LimitExceededException, Rejected",
        "MalformedPolicyDocumentException, Rejected",
        "DisabledException, Unavailable",
        "ExpiredToken, Unavailable",
        "NobodyHasForeseenThis, Unavailable"
    })
    void aCodeOfAwsHasAMeaning(String code, String meaning) {
        AwsError failure = ErrorClassifier.classify(
                DESCRIBE,
                AwsServiceException.builder()
                        .awsErrorDetails(AwsErrorDetails.builder()
                                .errorCode(code)
                                .errorMessage("no")
                                .build())
                        .build());
        assertThat(failure.getClass().getSimpleName()).isEqualTo(meaning);
        assertThat(failure.detail().code()).isEqualTo(code);
        assertThat(failure.isTimeOut()).isFalse();
    }

    /** A connection that does not come about in time is a {@link SocketTimeoutException} of the HTTP client. */
    @Test
    void timeOutsAreDistinguishedFromOtherFailures() {
        assertThat(ErrorClassifier.classify(DESCRIBE, ApiCallTimeoutException.create(20))
                        .isTimeOut())
                .isTrue();
        assertThat(ErrorClassifier.classify(DESCRIBE, ApiCallAttemptTimeoutException.create(5))
                        .isTimeOut())
                .isTrue();
        assertThat(client(new SocketTimeoutException("Connect timed out")).isTimeOut())
                .isTrue();
        assertThat(client(new ConnectException("Connection refused")).isTimeOut())
                .isFalse();
        assertThat(client(new InterruptedException()).isTimeOut()).isFalse();
    }

    @Test
    void aHostThatCannotBeResolvedIsNamedWithTheRemedy() {
        AwsError failure = client(new UnknownHostException("sts.us-east-1.amazonaws.com: Name or service not known"));

        assertThat(failure).isInstanceOf(AwsError.Unavailable.class);
        assertThat(failure.detail().message())
                .isEqualTo(
                        "sts.us-east-1.amazonaws.com cannot be resolved; check DNS, NetworkPolicy and the proxy of the"
                                + " operator's pod");
    }

    @Test
    void whatTheSdkThrowsIsTheSameTextInEachProcess() {
        AwsError failure = ErrorClassifier.classify(
                DESCRIBE,
                new IllegalArgumentException("Request interceptor 'software.amazon.Some@33c16a45' returned null"));

        assertThat(failure.detail())
                .hasToString("kms:DescribeKey: ClientError: the AWS SDK failed: Request interceptor"
                        + " 'software.amazon.Some' returned null");
    }

    private static AwsError client(Exception cause) {
        return ErrorClassifier.classify(
                DESCRIBE,
                SdkClientException.builder()
                        .message("Unable to execute HTTP request")
                        .cause(cause)
                        .build());
    }
}
