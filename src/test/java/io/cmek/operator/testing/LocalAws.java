package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.CreateKeyRequest;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionRule;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.Credentials;

/**
 * The local AWS of {@code dev/local}, as untidy as the real one for those who are under test; and its accounts' roots, whom no policy binds, and
 * who ask the emulator itself.
 */
public final class LocalAws implements AutoCloseable {

    public static final String ACCOUNT = "111122223333";
    public static final String OTHER_ACCOUNT = "444455556666";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ChildProcess process;
    private final ConcurrentHashMap<String, KmsClient> kms = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, S3Client> s3 = new ConcurrentHashMap<>();

    private LocalAws(ChildProcess process) {
        this.process = process;
    }

    public static LocalAws start() {
        return new LocalAws(ChildProcess.start("dev/local/aws.py"));
    }

    /** For operators, and all others that are under test. */
    public URI endpoint() {
        return URI.create(process.ready().split(" ")[0]);
    }

    /** Without {@link UnrulyAws}. */
    URI emulator() {
        return URI.create(process.ready().split(" ")[1]);
    }

    /** Forgets all keys, buckets, users and roles. */
    void reset() {
        HttpRequest reset = HttpRequest.newBuilder(emulator().resolve("/_ministack/reset"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try {
            HttpResponse<String> answer = HTTP.send(reset, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("The local AWS was not reset: " + answer.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public KmsClient kms(String region) {
        return kms(ACCOUNT, region);
    }

    public KmsClient kms(String account, String region) {
        return kms.computeIfAbsent(
                account + region,
                k -> asRoot(KmsClient.builder(), account, region).build());
    }

    /** As a role, which trusts the root of its account; the caller's to close. */
    KmsClient kmsAs(String roleArn, String region) {
        try (StsClient sts = asRoot(StsClient.builder(), ACCOUNT, region).build()) {
            Credentials session = sts.assumeRole(r -> r.roleArn(roleArn).roleSessionName("service"))
                    .credentials();
            return KmsClient.builder()
                    .endpointOverride(emulator())
                    .region(Region.of(region))
                    .credentialsProvider(StaticCredentialsProvider.create(AwsSessionCredentials.create(
                            session.accessKeyId(), session.secretAccessKey(), session.sessionToken())))
                    .build();
        }
    }

    public S3Client s3(String account, String region) {
        return s3.computeIfAbsent(
                account + region,
                k -> asRoot(S3Client.builder(), account, region)
                        .forcePathStyle(true)
                        .build());
    }

    public SqsClient sqs(String region) {
        return asRoot(SqsClient.builder(), ACCOUNT, region).build();
    }

    public IamClient iam(String account) {
        return asRoot(IamClient.builder(), account, "aws-global").build();
    }

    /** The local AWS takes twelve digits for the access key of that account's root. */
    private <B extends AwsClientBuilder<B, C>, C> B asRoot(B builder, String account, String region) {
        return builder.endpointOverride(emulator())
                .region(Region.of(region))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(account, "test")));
    }

    /** A symmetric key with the policy that KMS gives by default; returns its ARN. */
    public String createKey(String region) {
        return createKey(region, r -> {});
    }

    public String createKey(String region, Consumer<CreateKeyRequest.Builder> how) {
        return kms(region).createKey(how).keyMetadata().arn();
    }

    /** A key of any account, with the policy that KMS gives by default; returns its ARN. */
    public String createKeyOf(String account, String region) {
        return kms(account, region).createKey(r -> {}).keyMetadata().arn();
    }

    /** The replica of a multi-region key in another region, with the policy that KMS gives by default; returns its ARN. */
    public String replicateKey(String keyArn, String region) {
        return kms(regionOf(keyArn))
                .replicateKey(r -> r.keyId(keyArn).replicaRegion(region))
                .replicaKeyMetadata()
                .arn();
    }

    public void enableKey(String keyArn) {
        kmsOf(keyArn).enableKey(r -> r.keyId(keyArn));
    }

    public void disableKey(String keyArn) {
        kmsOf(keyArn).disableKey(r -> r.keyId(keyArn));
    }

    /** The policy of a key, whichever account and region it is in. */
    public JsonNode policy(String keyArn) {
        try {
            return JSON.readTree(kmsOf(keyArn)
                    .getKeyPolicy(r -> r.keyId(keyArn).policyName("default"))
                    .policy());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The Sids of the statements of a key's policy, in their order. */
    public List<String> sids(String keyArn) {
        return policy(keyArn).get("Statement").findValuesAsText("Sid");
    }

    /** Which statements of an installation of the operator are in a key's policy, by the ends of their Sids, in their order. */
    public List<String> statementsOf(String installation, String keyArn) {
        String start = "CmekOperator" + installation;
        return sids(keyArn).stream()
                .filter(sid -> sid.startsWith(start))
                .map(sid -> sid.substring(start.length()))
                .toList();
    }

    public void setPolicy(String keyArn, String document) {
        kmsOf(keyArn).putKeyPolicy(r -> r.keyId(keyArn).policyName("default").policy(document));
    }

    private KmsClient kmsOf(String keyArn) {
        return kms(accountOf(keyArn), regionOf(keyArn));
    }

    public static String accountOf(String keyArn) {
        return keyArn.split(":", 6)[4];
    }

    public static String regionOf(String keyArn) {
        return keyArn.split(":", 6)[3];
    }

    /** The rule of a bucket's default encryption. */
    public ServerSideEncryptionRule encryption(String region, String bucket) {
        return s3(ACCOUNT, region)
                .getBucketEncryption(r -> r.bucket(bucket))
                .serverSideEncryptionConfiguration()
                .rules()
                .getFirst();
    }

    /** A user that may do only what is said. */
    public AccessKey user(String name, String policy) {
        IamClient iam = iam(ACCOUNT);
        iam.createUser(r -> r.userName(name));
        iam.putUserPolicy(r -> r.userName(name).policyName("only").policyDocument(policy));
        return iam.createAccessKey(r -> r.userName(name)).accessKey();
    }

    /** A role of an account that the other named ones may assume, with this external id where it is not empty. */
    public String role(String account, String name, String trusted, String externalId, String policy) {
        IamClient iam = iam(account);
        String condition = externalId.isEmpty()
                ? ""
                : ", \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"" + externalId + "\"}}";
        iam.createRole(r -> r.roleName(name).assumeRolePolicyDocument("""
                {"Version": "2012-10-17", "Statement": [
                  {"Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "sts:AssumeRole"%s}]}""".formatted(trusted, condition)));
        iam.putRolePolicy(r -> r.roleName(name).policyName("only").policyDocument(policy));
        return "arn:aws:iam::" + account + ":role/" + name;
    }

    @Override
    public void close() {
        kms.values().forEach(KmsClient::close);
        s3.values().forEach(S3Client::close);
        process.close();
    }
}
