package io.cmek.operator.awscontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.key.Proof;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * KMS in memory. As the real one it gives the lists of a policy in another order at each read; a test can have reads show older policies for a
 * while after each change. How calls go wrong is {@link FakeAws}'s part.
 */
public final class FakeKms implements KeyService {

    public static final String ROOT =
            "{\"Sid\":\"Root\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},"
                    + "\"Action\":\"kms:*\",\"Resource\":\"*\"}";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A key, and the policies that reads are still to show before its present one. */
    private static final class Key {

        String state = "Enabled";
        String spec = "SYMMETRIC_DEFAULT";
        String manager = "CUSTOMER";
        String policy = document(ROOT);
        final Deque<String> older = new ArrayDeque<>();
    }

    private final FakeAws aws;
    private final Random random;
    private final Map<KeyArn, Key> keys = new ConcurrentHashMap<>();

    /** The most reads that show what was before a change. */
    public int mostLaggingReads;

    /** Whether roles that prove their access may use the keys, whatever the policies say. */
    public volatile boolean probesDenied;

    public FakeKms(FakeAws aws, Random random) {
        this.aws = aws;
        this.random = random;
    }

    public static String document(String... statements) {
        return "{\"Version\":\"2012-10-17\",\"Statement\":[" + String.join(",", statements) + "]}";
    }

    public void make(KeyArn key) {
        keys.put(key, new Key());
    }

    public void delete(KeyArn key) {
        keys.remove(key);
    }

    public void state(KeyArn key, String state) {
        keys.get(key).state = state;
    }

    public String stateOf(KeyArn key) {
        return keys.get(key).state;
    }

    public void spec(KeyArn key, String spec) {
        keys.get(key).spec = spec;
    }

    public void manager(KeyArn key, String manager) {
        keys.get(key).manager = manager;
    }

    public String policy(KeyArn key) {
        Key known = keys.get(key);
        synchronized (known) {
            return known.policy;
        }
    }

    /** Somebody writes the policy, or KMS does it for us. */
    public void put(KeyArn key, String document) {
        Key known = keys.get(key);
        synchronized (known) {
            int lag = mostLaggingReads == 0 ? 0 : random.nextInt(mostLaggingReads + 1);
            for (int i = 0; i < lag; i++) {
                known.older.add(known.policy);
            }
            known.policy = document;
        }
    }

    @Override
    public AwsResult<KeyFacts> describe(CredentialScope identity, KeyArn key) {
        return aws.call("kms:DescribeKey", identity, key, () -> {
            Key known = keys.get(key);
            return known == null
                    ? notFound("kms:DescribeKey")
                    : new AwsResult.Success<>(new KeyFacts(
                            key,
                            known.state,
                            known.spec,
                            "ENCRYPT_DECRYPT",
                            known.manager,
                            "AWS_KMS",
                            key.isMultiRegion(),
                            null,
                            null));
        });
    }

    @Override
    public AwsResult<String> readPolicy(CredentialScope identity, KeyArn key) {
        return aws.call("kms:GetKeyPolicy", identity, key, () -> {
            Key known = keys.get(key);
            if (known == null) {
                return notFound("kms:GetKeyPolicy");
            }
            synchronized (known) {
                return new AwsResult.Success<>(shuffled(known.older.isEmpty() ? known.policy : known.older.poll()));
            }
        });
    }

    @Override
    public AwsResult<String> writePolicy(CredentialScope identity, KeyArn key, String document, String onBehalfOf) {
        return aws.call("kms:PutKeyPolicy", identity, key, () -> {
            if (!keys.containsKey(key)) {
                return notFound("kms:PutKeyPolicy");
            }
            put(key, document);
            return new AwsResult.Success<>(document);
        });
    }

    @Override
    public AwsResult<Proof> proveEncrypt(CredentialScope probe, KeyArn key) {
        return aws.call("kms:GenerateDataKeyWithoutPlaintext", probe, key, () -> proof(probe, key));
    }

    @Override
    public AwsResult<Proof> proveDecrypt(CredentialScope probe, KeyArn key, @Nullable String ciphertext) {
        return aws.call("kms:Decrypt", probe, key, () -> proof(probe, key));
    }

    private AwsResult<Proof> proof(CredentialScope probe, KeyArn key) {
        boolean allowed = !probesDenied
                && keys.containsKey(key)
                && keys.get(key).state.equals("Enabled")
                && policy(key).contains(String.valueOf(probe.roleArn()));
        return new AwsResult.Success<>(new Proof(allowed, null));
    }

    private static <T> AwsResult<T> notFound(String operation) {
        return new AwsResult.Error<>(
                new AwsError.NotFound(new AwsError.Detail(operation, "NotFoundException", "no such key", null)));
    }

    /** The same policy, its lists in another order. What is no JSON stays. */
    private String shuffled(String document) {
        try {
            JsonNode policy = JSON.readTree(document);
            shuffle(policy);
            return policy.toString();
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            return document;
        }
    }

    private void shuffle(JsonNode node) {
        node.forEach(this::shuffle);
        if (node instanceof ArrayNode list) {
            var members = new ArrayList<JsonNode>();
            list.forEach(members::add);
            synchronized (random) {
                Collections.shuffle(members, random);
            }
            list.removeAll();
            members.forEach(list::add);
        } else if (node instanceof ObjectNode object && object.size() > 1) {
            var names = new ArrayList<String>();
            object.fieldNames().forEachRemaining(names::add);
            synchronized (random) {
                Collections.shuffle(names, random);
            }
            var members = JSON.createObjectNode();
            names.forEach(name -> members.set(name, object.get(name)));
            object.removeAll();
            object.setAll(members);
        }
    }
}
