package io.cmek.operator.aws;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailureTest {

    @Test
    void aCallThatTimedOutIsToldFromOthers() {
        assertThat(new Failure.Unavailable(detail(Failure.TIMED_OUT)).isTimeOut())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NoConnection", "Interrupted", "RequestTimeout", "DependencyTimeoutException"})
    void nothingElseIsATimeOut(String code) {
        assertThat(new Failure.Unavailable(detail(code)).isTimeOut()).isFalse();
    }

    @Test
    void anAnswerIsNoTimeOutWhateverItSays() {
        assertThat(new Failure.Denied(detail(Failure.TIMED_OUT)).isTimeOut()).isFalse();
        assertThat(new Failure.Throttled(detail(Failure.TIMED_OUT)).isTimeOut()).isFalse();
    }

    private static Failure.Detail detail(String code) {
        return new Failure.Detail("kms:DescribeKey", code, "", null);
    }
}
