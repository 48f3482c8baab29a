package io.cmek.operator.cloudtrail;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The keys and buckets that an EventBridge event is about. It is an event of a service ({@code KMS CMK Deletion} and the like; KMS Developer Guide,
 * "Monitoring KMS keys with Amazon EventBridge"). Or it is an API call that CloudTrail recorded (EventBridge User Guide, "AWS service events
 * delivered via AWS CloudTrail").
 *
 * @param keys that the event is about
 * @param buckets that the event is about, by name
 * @param policyWrite the key policy write that the event reports
 */
public record AwsEvent(Set<KeyArn> keys, Set<String> buckets, Optional<PolicyWrite> policyWrite) {

    /** The maximum size of an SQS message (SQS Developer Guide, "Amazon SQS message quotas"). */
    private static final int MAX_CHARACTERS = 1_048_576;

    private static final JsonMapper JSON = new JsonMapper(new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(64)
                    .maxDocumentLength(MAX_CHARACTERS)
                    .maxStringLength(MAX_CHARACTERS)
                    .build())
            .build());

    /** @return empty if the text is not an event */
    public static Optional<AwsEvent> parse(String text) {
        JsonNode event;
        try {
            event = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
        JsonNode detail = event.path("detail");
        if (!detail.isObject()) {
            return Optional.empty();
        }
        JsonNode parameters = detail.path("requestParameters");
        var keys = new TreeSet<KeyArn>();
        Stream.of(
                        texts(event.path("resources")),
                        StreamSupport.stream(detail.path("resources").spliterator(), false)
                                .map(resource -> resource.path("ARN").asText()),
                        Stream.of(parameters.path("keyId").asText()))
                .flatMap(arns -> arns)
                .flatMap(arn -> key(arn).stream())
                .forEach(keys::add);
        var buckets = new TreeSet<String>();
        Stream.of(
                        parameters.path("bucketName").asText(),
                        detail.path("bucket").path("name").asText())
                .filter(name -> !name.isEmpty())
                .forEach(buckets::add);
        return Optional.of(new AwsEvent(keys, buckets, policyWrite(detail, keys)));
    }

    private static Optional<PolicyWrite> policyWrite(JsonNode detail, Set<KeyArn> keys) {
        JsonNode document = detail.path("requestParameters").path("policy");
        if (!detail.path("eventName").asText().equals("PutKeyPolicy")
                || detail.hasNonNull("errorCode")
                || !document.isTextual()
                || keys.size() != 1) {
            return Optional.empty();
        }
        try {
            return Optional.of(new PolicyWrite(
                    keys.iterator().next(),
                    Instant.parse(detail.path("eventTime").asText()),
                    document.textValue()));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static Stream<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText);
    }

    private static Optional<KeyArn> key(String arn) {
        try {
            return Optional.of(KeyArn.parse(arn));
        } catch (IllegalArgumentException e) {
            // A resource of another service, or an alias. CloudTrail also names the key.
            return Optional.empty();
        }
    }
}
