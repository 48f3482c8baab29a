package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.cloudtrail.EventQueue;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link EventQueue} on Amazon SQS, with the operator's own credentials. */
public final class SqsEventQueue implements EventQueue {

    /** Long polling (SQS Developer Guide, "Amazon SQS short and long polling"). Shorter than the timeout of an attempt. */
    private static final int WAIT_SECONDS = 3;

    /** The maximum of one SQS call. */
    private static final int MAX_MESSAGES = 10;

    /** AWS General Reference, "Amazon SQS endpoints and quotas"; SQS Developer Guide, "Amazon VPC endpoints". */
    private static final Pattern REGION =
            Pattern.compile("https://(?:[a-z0-9-]+\\.)?sqs(?:-fips)?\\.([a-z0-9-]+)\\.[^/]+/.*");

    private final String queueUrl;
    private final RegionalClients clients;

    /**
     * @param queueUrl as SQS returns it; it names the region of the queue
     * @param fallback region if the URL names none, as with another endpoint
     */
    public SqsEventQueue(AwsClients aws, String queueUrl, Optional<String> fallback) {
        this.queueUrl = queueUrl;
        this.clients =
                aws.of(CredentialScope.OWN, region(queueUrl).or(() -> fallback).orElse("us-east-1"));
    }

    static Optional<String> region(String queueUrl) {
        Matcher region = REGION.matcher(queueUrl);
        return region.matches() ? Optional.of(region.group(1)) : Optional.empty();
    }

    @Override
    public AwsResult<List<Message>> receive() {
        return clients.sqs(
                        Operation.RECEIVE_MESSAGE,
                        queueUrl,
                        sqs -> sqs.receiveMessage(r -> r.queueUrl(queueUrl)
                                .maxNumberOfMessages(MAX_MESSAGES)
                                .waitTimeSeconds(WAIT_SECONDS)))
                .answer(
                        Operation.RECEIVE_MESSAGE,
                        response -> response.messages().stream()
                                .filter(m -> m.body() != null && m.receiptHandle() != null)
                                .map(m -> new Message(m.body(), m.receiptHandle()))
                                .toList());
    }

    @Override
    public AwsResult<Message> remove(Message message) {
        return clients.sqs(
                        Operation.DELETE_MESSAGE,
                        queueUrl,
                        sqs -> sqs.deleteMessage(r -> r.queueUrl(queueUrl).receiptHandle(message.receipt())))
                .answer(Operation.DELETE_MESSAGE, response -> message);
    }
}
