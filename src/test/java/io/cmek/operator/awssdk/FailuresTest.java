package io.cmek.operator.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.Failure;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;

class FailuresTest {

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
        Failure failure = Failures.classify(
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
    void timeOutsAreToldFromOtherFailures() {
        assertThat(Failures.classify(DESCRIBE, ApiCallTimeoutException.create(20))
                        .isTimeOut())
                .isTrue();
        assertThat(Failures.classify(DESCRIBE, ApiCallAttemptTimeoutException.create(5))
                        .isTimeOut())
                .isTrue();
        assertThat(client(new SocketTimeoutException("Connect timed out")).isTimeOut())
                .isTrue();
        assertThat(client(new ConnectException("Connection refused")).isTimeOut())
                .isFalse();
        assertThat(client(new InterruptedException()).isTimeOut()).isFalse();
    }

    private static Failure client(Exception cause) {
        return Failures.classify(
                DESCRIBE,
                SdkClientException.builder()
                        .message("Unable to execute HTTP request")
                        .cause(cause)
                        .build());
    }
}
