package io.cmek.operator.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqsEventQueueTest {

    @ParameterizedTest
    @CsvSource({
        "https://sqs.us-east-1.amazonaws.com/111122223333/cmek, us-east-1",
        "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/cmek, cn-north-1",
        "https://sqs-fips.us-gov-west-1.amazonaws.com/111122223333/cmek, us-gov-west-1",
        "https://sqs.eu-central-1.api.aws/111122223333/cmek, eu-central-1",
        "https://vpce-0a1b2c3d-4e5f.sqs.us-east-2.vpce.amazonaws.com/111122223333/cmek, us-east-2"
    })
    void theUrlOfAQueueNamesItsRegion(String url, String region) {
        assertThat(SqsEventQueue.region(url)).contains(region);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.1:4566/111122223333/cmek", "https://queue.example.com/cmek", ""})
    void thatOfAnotherEndpointDoesNot(String url) {
        assertThat(SqsEventQueue.region(url)).isEmpty();
    }
}
