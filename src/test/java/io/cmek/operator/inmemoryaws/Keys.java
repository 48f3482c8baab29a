package io.cmek.operator.inmemoryaws;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** KMS: JSON 1.1. */
final class Keys {

    private static final ObjectMapper JSON = new ObjectMapper();

    private record Key(String arn, String state, String policy) {

        Key enabled(boolean enabled) {
            return new Key(arn, enabled ? "Enabled" : "Disabled", policy);
        }
    }

    private final Map<String, Key> keys = new ConcurrentHashMap<>();
    private final AtomicLong made = new AtomicLong();

    /** A new enabled symmetric key with the policy that the console gives; returns its ARN. The same calls give the same ARNs. */
    String make(String region, String account) {
        String arn = "arn:aws:kms:%s:%s:key/00000000-0000-4000-8000-%012x"
                .formatted(region, account, made.incrementAndGet());
        keys.put(arn, new Key(arn, "Enabled", """
                {"Version":"2012-10-17","Id":"key-consolepolicy-3","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",\
                "Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}""".formatted(account)));
        return arn;
    }

    @Nullable
    String policy(String arn) {
        Key key = keys.get(arn);
        return key == null ? null : key.policy();
    }

    void setEnabled(String arn, boolean enabled) {
        keys.computeIfPresent(arn, (a, key) -> key.enabled(enabled));
    }

    void clear() {
        keys.clear();
        made.set(0);
    }

    HttpReply answer(String operation, byte[] body, String region, String account) throws IOException {
        JsonNode request = JSON.readTree(body);
        if (operation.equals("CreateKey")) {
            return HttpReply.json(200, metadata(keys.get(make(region, account))));
        }
        Key key = keys.get(request.path("KeyId").asText());
        if (key == null) {
            return error("NotFoundException", "Key '" + request.path("KeyId").asText() + "' does not exist");
        }
        return switch (operation) {
            case "DescribeKey" -> HttpReply.json(200, metadata(key));
            case "GetKeyPolicy" ->
                HttpReply.json(
                        200,
                        JSON.createObjectNode()
                                .put("Policy", key.policy())
                                .put("PolicyName", "default")
                                .toString());
            case "PutKeyPolicy" ->
                changed(new Key(key.arn(), key.state(), request.path("Policy").asText()));
            case "DisableKey" -> changed(key.enabled(false));
            case "EnableKey" -> changed(key.enabled(true));
            case "GenerateDataKeyWithoutPlaintext", "Decrypt" ->
                key.state().equals("Enabled")
                        ? error(
                                "DryRunOperationException",
                                "The request would have succeeded, but the DryRun option is set.")
                        : error("DisabledException", key.arn() + " is disabled.");
            default -> error("UnknownOperationException", operation);
        };
    }

    private HttpReply changed(Key key) {
        keys.put(key.arn(), key);
        return HttpReply.json(200, "{}");
    }

    private static String metadata(Key key) {
        String[] parts = key.arn().split(":", 6);
        ObjectNode answer = JSON.createObjectNode();
        answer.putObject("KeyMetadata")
                .put("AWSAccountId", parts[4])
                .put("KeyId", parts[5].substring("key/".length()))
                .put("Arn", key.arn())
                .put("CreationDate", 1_700_000_000)
                .put("Enabled", key.state().equals("Enabled"))
                .put("KeyUsage", "ENCRYPT_DECRYPT")
                .put("KeyState", key.state())
                .put("Origin", "AWS_KMS")
                .put("KeyManager", "CUSTOMER")
                .put("KeySpec", "SYMMETRIC_DEFAULT")
                .put("MultiRegion", false);
        return answer.toString();
    }

    private static HttpReply error(String code, String message) {
        return HttpReply.json(
                400,
                JSON.createObjectNode()
                        .put("__type", code)
                        .put("message", message)
                        .toString());
    }
}
