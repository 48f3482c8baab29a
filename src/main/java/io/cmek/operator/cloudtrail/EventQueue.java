package io.cmek.operator.cloudtrail;

import io.cmek.operator.aws.AwsResult;
import java.util.List;

/** Where events arrive: a queue that an EventBridge rule feeds. */
public interface EventQueue {

    /**
     * @param body the event as EventBridge has it
     * @param receipt with which it is removed
     */
    record Message(String body, String receipt) {}

    /** Waits a few seconds for messages. They come again after a while unless they are removed. */
    AwsResult<List<Message>> receive();

    AwsResult<Message> remove(Message message);
}
