package io.cmek.operator.inmemoryaws;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request as AWS's protocols have it, as far as it takes to tell which operation it is.
 *
 * @param path undecoded, without the query; buckets are addressed by path
 * @param target the header {@code X-Amz-Target}, null where there is none
 */
public record AwsRequest(
        String method,
        String path,
        @Nullable String query,
        @Nullable String target,
        byte[] body) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** As the operator names it, for example {@code kms:DescribeKey}. */
    public String operation() {
        return service() + ":" + call();
    }

    /** {@code kms}, {@code sqs}, {@code s3} or {@code sts}. */
    public String service() {
        if (target != null) {
            return target.startsWith("AmazonSQS") ? "sqs" : "kms";
        }
        return method.equals("POST") ? "sts" : "s3";
    }

    /** The operation without its service. */
    String call() {
        if (target != null) {
            return target.substring(target.lastIndexOf('.') + 1);
        }
        return method.equals("POST") ? form().getOrDefault("Action", "") : bucketCall();
    }

    /** The key, the queue or the bucket that it is about, empty for none. */
    public String subject() {
        if (target == null) {
            return method.equals("POST") ? "" : bucket();
        }
        try {
            return JSON.readTree(body)
                    .path(service().equals("sqs") ? "QueueUrl" : "KeyId")
                    .asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bucket that the path names, empty for none. */
    String bucket() {
        return path.substring(1);
    }

    private Map<String, String> form() {
        return parameters(new String(body, StandardCharsets.UTF_8));
    }

    private String bucketCall() {
        if (method.equals("HEAD")) {
            return "HeadBucket";
        }
        boolean read = method.equals("GET");
        Map<String, String> query = parameters(this.query);
        if (query.containsKey("encryption")) {
            return read ? "GetBucketEncryption" : "PutBucketEncryption";
        }
        if (query.containsKey("publicAccessBlock")) {
            return "PutPublicAccessBlock";
        }
        return read && bucket().isEmpty() ? "ListBuckets" : read ? "ListObjects" : "CreateBucket";
    }

    static Map<String, String> parameters(@Nullable String query) {
        var parameters = new TreeMap<String, String>();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            String[] sides = pair.split("=", 2);
            parameters.put(
                    URLDecoder.decode(sides[0], StandardCharsets.UTF_8),
                    sides.length == 2 ? URLDecoder.decode(sides[1], StandardCharsets.UTF_8) : "");
        }
        return parameters;
    }
}
