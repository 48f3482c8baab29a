package io.cmek.operator.cloudtrail;

import io.cmek.operator.aws.AwsResult;
import java.util.List;

/** Source of events: a queue that an EventBridge rule feeds. */
public interface EventQueue {

    /**
     * @param body the event as EventBridge sends it
     * @param receipt handle for the removal of the message
     */
    record Message(String body, String receipt) {}

    /** Waits a few seconds for messages. SQS delivers them again after a while unless they are removed. */
    AwsResult<List<Message>> receive();

    AwsResult<Message> remove(Message message);
}
