package io.cmek.operator.aws;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AwsErrorTest {

    @Test
    void aCallThatTimedOutIsDistinguishedFromOthers() {
        assertThat(new AwsError.Unavailable(detail(AwsError.TIMED_OUT)).isTimeOut())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NoConnection", "Interrupted", "RequestTimeout", "DependencyTimeoutException"})
    void nothingElseIsATimeOut(String code) {
        assertThat(new AwsError.Unavailable(detail(code)).isTimeOut()).isFalse();
    }

    @Test
    void anAnswerIsNoTimeOutWhateverItSays() {
        assertThat(new AwsError.Denied(detail(AwsError.TIMED_OUT)).isTimeOut()).isFalse();
        assertThat(new AwsError.Throttled(detail(AwsError.TIMED_OUT)).isTimeOut())
                .isFalse();
    }

    private static AwsError.Detail detail(String code) {
        return new AwsError.Detail("kms:DescribeKey", code, "", null);
    }
}
