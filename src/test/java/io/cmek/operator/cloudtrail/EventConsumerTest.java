package io.cmek.operator.cloudtrail;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.WorkQueue;
import io.cmek.operator.cloudtrail.EventQueue.Message;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventConsumerTest {

    private static final AwsError HANGS =
            new AwsError.Unavailable(new AwsError.Detail("sqs:DeleteMessage", "TimedOut", "no answer", null));

    private final List<String> asked = new ArrayList<>();
    private boolean hangs;

    private final EventQueue queue = new EventQueue() {
        @Override
        public AwsResult<List<Message>> receive() {
            asked.add("receive");
            return new AwsResult.Success<>(IntStream.range(0, 10)
                    .mapToObj(i -> new Message("no event", "receipt-" + i))
                    .toList());
        }

        @Override
        public AwsResult<Message> remove(Message message) {
            asked.add("remove");
            return hangs ? new AwsResult.Error<>(HANGS) : new AwsResult.Success<>(message);
        }
    };

    private final EventConsumer consumer = new EventConsumer(
            queue,
            new AwsControllers(new WorkQueue<>(AwsItem::partition, () -> 0, () -> {}), null, null, new Random(1)),
            new RequestIndex(new Authorization(new Tenants(List.of()))),
            () -> 0,
            new Random(1));

    @Test
    void allMessagesAreRemoved() {
        consumer.consume();
        assertThat(asked).hasSize(11);
    }

    @Test
    void aQueueThatHangsHoldsTheLoopUpForOneCall() {
        hangs = true;
        consumer.consume();
        assertThat(asked).containsExactly("receive", "remove");

        hangs = false;
        consumer.consume();
        assertThat(asked).as("it goes on").hasSize(13);
    }
}
