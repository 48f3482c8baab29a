package io.cmek.operator.awssdk;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever answers in the place of AWS, each call ends in a value that is fit for a status: never in an exception, never in half a fact. */
class HostileAnswersTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final CredentialScope ROLE = new CredentialScope("arn:aws:iam::111122223333:role/tenant", null);

    /** What AWS really says, to be spoiled. */
    private static final List<String> HONEST = List.of(
            """
            {"KeyMetadata": {"Arn": "%s", "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT",
              "KeyUsage": "ENCRYPT_DECRYPT", "KeyManager": "CUSTOMER", "Origin": "AWS_KMS", "MultiRegion": false, "DeletionDate": 1790000000}}
            """.formatted(KEY),
            "{\"Policy\": \"{\\\"Statement\\\": []}\", \"PolicyName\": \"default\"}",
            "{\"CiphertextBlob\": \"AQIDAHh=\", \"KeyId\": \"" + KEY + "\"}",
            "{\"__type\": \"AccessDeniedException\", \"message\": \"User is not authorized\"}",
            "{\"Messages\": [{\"Body\": \"{}\", \"ReceiptHandle\": \"x\", \"MessageId\": \"1\"}]}",
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
                    + "<KMSMasterKeyID>" + KEY + "</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>"
                    + "<BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
            "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>",
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult>"
                    + "</GetCallerIdentityResponse>",
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey>"
                    + "<SessionToken>c</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
                    + "</AssumeRoleResponse>");

    record Spoiled(int status, byte[] body) {

        @Override
        public String toString() {
            String text = new String(body, StandardCharsets.ISO_8859_1);
            return status + " " + (text.length() <= 300 ? text : text.substring(0, 300) + "… (" + text.length() + ")");
        }
    }

    private static HttpServer server;
    private static ExecutorService threads;
    private static SdkSettings settings;
    private static AwsClients aws;
    private static volatile Spoiled next = new Spoiled(200, new byte[0]);

    @BeforeContainer
    static void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        threads = Executors.newFixedThreadPool(4);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                Spoiled answer = next;
                boolean bodyless = exchange.getRequestMethod().equals("HEAD");
                exchange.sendResponseHeaders(answer.status(), bodyless ? -1 : answer.body().length);
                if (!bodyless) {
                    exchange.getResponseBody().write(answer.body());
                }
            }
        });
        server.start();
        settings = SdkSettings.of(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), "any", "any");
        aws = new AwsClients(AwsSettings.of("test", true), new CountingObserver());
    }

    @AfterContainer
    static void stop() {
        aws.close();
        settings.close();
        server.stop(0);
        threads.shutdownNow();
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void anAnswerIsAValueWhateverItSays(@ForAll("spoiled") Spoiled answer) {
        next = answer;
        var keys = new KmsKeyService(aws);
        var buckets = new S3BucketService(aws);
        AwsResult<KeyFacts> described = keys.describe(CredentialScope.OWN, KEY);
        if (described instanceof AwsResult.Success<KeyFacts>(KeyFacts facts)) {
            assertThat(facts.arn()).isEqualTo(KEY);
            assertThat(facts).hasNoNullFieldsOrPropertiesExcept("deletionDate", "validTo");
        }
        for (AwsResult<?> got : List.of(
                described,
                keys.readPolicy(CredentialScope.OWN, KEY),
                keys.writePolicy(CredentialScope.OWN, KEY, "{}", "workgroup.team-a.orders"),
                keys.proveAccess(CredentialScope.OWN, KEY),
                keys.describe(ROLE, KEY),
                buckets.inspect(CredentialScope.OWN, "us-east-1", "orders-data"),
                new SqsEventQueue(aws, "https://sqs.us-east-1.amazonaws.com/111122223333/events", Optional.empty())
                        .receive())) {
            if (got instanceof AwsResult.Error<?>(AwsError failure)) {
                assertThat(failure.detail().toString()).hasSizeLessThan(1_000).doesNotContainPattern("\\p{Cc}");
            }
        }
    }

    @Provide
    static Arbitrary<Spoiled> spoiled() {
        Arbitrary<byte[]> honest = Arbitraries.of(HONEST).map(text -> text.getBytes(StandardCharsets.UTF_8));
        Arbitrary<byte[]> truncated = Combinators.combine(
                        honest, Arbitraries.doubles().between(0, 1))
                .as((body, share) -> Arrays.copyOf(body, (int) (body.length * share)));
        Arbitrary<byte[]> ofOtherTypes = Combinators.combine(
                        Arbitraries.of(HONEST),
                        Arbitraries.of(
                                "null",
                                "7",
                                "-1e400",
                                "[]",
                                "{}",
                                "true",
                                "\"\"",
                                "\"\\u0000\\u001b[31m\\n\"",
                                "\"" + "x".repeat(100_000) + "\""),
                        Arbitraries.integers().between(0, 8))
                .as((text, other, which) -> replaceValue(text, other, which).getBytes(StandardCharsets.UTF_8));
        Arbitrary<byte[]> noise = Arbitraries.bytes().array(byte[].class).ofMaxSize(200);
        Arbitrary<byte[]> huge = Arbitraries.of(
                        "[".repeat(100_000), "{\"a\":".repeat(50_000), "<a>".repeat(50_000), " ".repeat(3_000_000))
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
        return Combinators.combine(
                        Arbitraries.of(200, 200, 200, 301, 400, 403, 404),
                        Arbitraries.frequencyOf(
                                Tuple.of(3, honest),
                                Tuple.of(4, truncated),
                                Tuple.of(6, ofOtherTypes),
                                Tuple.of(2, noise),
                                Tuple.of(1, huge)))
                .as(Spoiled::new);
    }

    /** The value of one member of JSON, or the text of one element of XML, is another. */
    private static String replaceValue(String text, String other, int which) {
        var values = Pattern.compile("(?<=: )(\"(?:[^\"\\\\]|\\\\.)*\"|[a-z0-9]+)|(?<=>)[^<>]+(?=<)")
                .matcher(text)
                .results()
                .toList();
        var value = values.get(which % values.size());
        return text.substring(0, value.start()) + other + text.substring(value.end());
    }
}
