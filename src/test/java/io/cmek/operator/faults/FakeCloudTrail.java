package io.cmek.operator.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.testing.AwsProxy.Exchange;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The part of CloudTrail and EventBridge, which the local AWS has not: what passes the proxy goes into a queue, as they tell it, a while later. */
record FakeCloudTrail(OperatorTestExtension stage, SqsClient sqs, String url) implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration DELAY = Duration.ofSeconds(2);

    static FakeCloudTrail start(OperatorTestExtension stage) {
        SqsClient sqs = stage.aws().sqs(OperatorTestExtension.REGION);
        return new FakeCloudTrail(
                stage,
                sqs,
                sqs.createQueue(r -> r.queueName("cmek-events-" + System.nanoTime()))
                        .queueUrl());
    }

    /** An API call on a key (KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail"). */
    void tell(String eventName, String keyArn, Map<String, String> parameters, Instant at) {
        ObjectNode event = JSON.createObjectNode()
                .put("detail-type", "AWS API Call via CloudTrail")
                .put("source", "aws.kms")
                .put("account", LocalAws.ACCOUNT)
                .put("region", LocalAws.regionOf(keyArn));
        event.putArray("resources");
        ObjectNode detail = event.putObject("detail")
                .put("eventName", eventName)
                .put("eventTime", at.truncatedTo(ChronoUnit.SECONDS).toString());
        ObjectNode requested = detail.putObject("requestParameters").put("keyId", keyArn);
        parameters.forEach(requested::put);
        detail.putArray("resources").addObject().put("type", "AWS::KMS::Key").put("ARN", keyArn);
        send(event.toString());
    }

    void send(String message) {
        sqs.sendMessage(r -> r.queueUrl(url).messageBody(message));
    }

    /** How many messages nobody has removed. */
    int left() {
        var attributes = sqs.getQueueAttributes(r -> r.queueUrl(url)
                        .attributeNames(
                                QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                                QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE))
                .attributes();
        return attributes.values().stream().mapToInt(Integer::parseInt).sum();
    }

    /** Tells of all policies that are written, the operator's among them, until it is closed. */
    AutoCloseable telling() {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        var reported = new AtomicInteger();
        executor.scheduleWithFixedDelay(
                () -> {
                    List<Exchange> recorded = stage.proxy().recorded();
                    while (reported.get() < recorded.size() && isDue(recorded.get(reported.get()))) {
                        tell(recorded.get(reported.getAndIncrement()));
                    }
                },
                100,
                100,
                TimeUnit.MILLISECONDS);
        return executor::shutdownNow;
    }

    private static boolean isDue(Exchange exchange) {
        return System.nanoTime() - exchange.end() > DELAY.toNanos();
    }

    private void tell(Exchange exchange) {
        if (!exchange.operation().equals("kms:PutKeyPolicy")) {
            return;
        }
        try {
            JsonNode body = JSON.readTree(exchange.request().body());
            Instant at = Instant.now().minusNanos(System.nanoTime() - exchange.begin());
            tell(
                    "PutKeyPolicy",
                    exchange.request().subject(),
                    Map.of("policyName", "default", "policy", body.get("Policy").asText()),
                    at);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        sqs.close();
    }
}
