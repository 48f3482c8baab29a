package io.cmek.operator.inmemoryaws;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.WorkQueue;
import io.cmek.operator.awssdk.AwsClients;
import io.cmek.operator.awssdk.AwsSettings;
import io.cmek.operator.awssdk.CallListener;
import io.cmek.operator.awssdk.KmsKeyService;
import io.cmek.operator.awssdk.S3BucketService;
import io.cmek.operator.awssdk.SdkSettings;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService.Creation;
import io.cmek.operator.key.KeyArn;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InMemoryAwsTest {

    private static final String REGION = "us-east-1";
    private static final CredentialScope ROLE = new CredentialScope("arn:aws:iam::111122223333:role/tenant", null);

    @Test
    void answersWhatTheOperatorAsksAndCountsIt() throws Exception {
        try (var inMemory = InMemoryAws.start();
                var settings = SdkSettings.of(inMemory.endpoint(), "any", "any");
                var aws = new AwsClients(AwsSettings.of("test", true), CallListener.NONE)) {
            var keys = new KmsKeyService(aws);
            var buckets = new S3BucketService(aws);
            KeyArn key = KeyArn.parse(inMemory.seedKeys(1, REGION).getFirst());
            inMemory.seedBuckets(1, "b", REGION);
            var encrypted = new Encryption("aws:kms", key.toString(), true, List.of());

            assertThat(keys.describe(ROLE, key))
                    .isInstanceOfSatisfying(
                            AwsResult.Success.class,
                            got -> assertThat(got.toString()).contains("Enabled"));
            assertThat(keys.readPolicy(ROLE, key)).isInstanceOf(AwsResult.Success.class);
            assertThat(keys.writePolicy(ROLE, key, "{\"a\": \"é\\n\"}", "nobody"))
                    .isInstanceOf(AwsResult.Success.class);
            assertThat(keys.readPolicy(ROLE, key)).isEqualTo(new AwsResult.Success<>("{\"a\": \"é\\n\"}"));
            assertThat(keys.proveAccess(ROLE, key)).isEqualTo(new AwsResult.Success<>(true));
            assertThat(buckets.inspect(ROLE, REGION, "b-0"))
                    .isEqualTo(new AwsResult.Success<>(
                            new BucketFacts.Present(new Encryption("AES256", null, false, List.of()))));
            assertThat(buckets.encrypt(ROLE, REGION, "b-0", key, encrypted))
                    .isEqualTo(new AwsResult.Success<>(encrypted));
            assertThat(buckets.inspect(ROLE, REGION, "b-0"))
                    .isEqualTo(new AwsResult.Success<>(new BucketFacts.Present(encrypted)));
            assertThat(buckets.create(ROLE, "eu-west-1", "made")).isEqualTo(new AwsResult.Success<>(Creation.MADE));
            assertThat(buckets.create(ROLE, "eu-west-1", "made"))
                    .isEqualTo(new AwsResult.Success<>(Creation.ALREADY_OURS));
            assertThat(buckets.blockPublicAccess(ROLE, "eu-west-1", "made")).isEqualTo(new AwsResult.Success<>("made"));
            assertThat(buckets.inspect(ROLE, REGION, "made"))
                    .isEqualTo(new AwsResult.Success<>(new BucketFacts.InAnotherRegion("eu-west-1")));

            assertThat(inMemory.counts())
                    .isEqualTo(Map.ofEntries(
                            Map.entry("kms:DescribeKey", 1L),
                            Map.entry("kms:GetKeyPolicy", 2L),
                            Map.entry("kms:PutKeyPolicy", 1L),
                            Map.entry("kms:GenerateDataKeyWithoutPlaintext", 1L),
                            Map.entry("kms:Decrypt", 1L),
                            Map.entry("s3:CreateBucket", 2L),
                            Map.entry("s3:GetBucketEncryption", 3L),
                            Map.entry("s3:PutBucketEncryption", 1L),
                            Map.entry("s3:PutPublicAccessBlock", 1L),
                            Map.entry("sts:AssumeRole", 2L)));
        }
    }

    @Test
    void aKeyIsDisabledAndEnabled() throws Exception {
        try (var inMemory = InMemoryAws.start();
                var settings = SdkSettings.of(inMemory.endpoint(), "any", "any");
                var aws = new AwsClients(AwsSettings.of("test", true), CallListener.NONE)) {
            var keys = new KmsKeyService(aws);
            String arn = inMemory.seedKeys(1, REGION).getFirst();

            inMemory.setEnabled(arn, false);
            assertThat(keys.describe(ROLE, KeyArn.parse(arn)).toString()).contains("Disabled");

            inMemory.setEnabled(arn, true);
            assertThat(keys.describe(ROLE, KeyArn.parse(arn)).toString()).contains("Enabled");
        }
    }

    @Test
    void isSeededCountedAndResetOverHttp() throws Exception {
        try (var inMemory = InMemoryAws.start()) {
            assertThat(get(inMemory, "/_seed?keys=3&buckets=2&prefix=p"))
                    .hasLineCount(3)
                    .startsWith("arn:aws:kms:");
            assertThat(get(inMemory, "/_counts")).isEqualTo("{}\n");
            assertThat(get(inMemory, "/p-1?encryption")).contains("AES256");
            assertThat(get(inMemory, "/_counts")).isEqualTo("{\"s3:GetBucketEncryption\":1}\n");
            get(inMemory, "/_reset?things=true");
            assertThat(get(inMemory, "/_counts")).isEqualTo("{}\n");
            assertThat(get(inMemory, "/p-1?encryption")).contains("NoSuchBucket");
        }
    }

    /** What the benchmark relies on: a thousand keys in one region are read through one client, with few sessions and connections. */
    @Test
    void aThousandKeysShareOneSession() throws Exception {
        try (var inMemory = InMemoryAws.start();
                var settings = SdkSettings.of(inMemory.endpoint(), "any", "any");
                var aws = new AwsClients(AwsSettings.of("test", true), CallListener.NONE);
                var threads = Executors.newFixedThreadPool(WorkQueue.MAX_IN_FLIGHT)) {
            var keys = new KmsKeyService(aws);
            List<KeyArn> arns =
                    inMemory.seedKeys(1000, REGION).stream().map(KeyArn::parse).toList();
            List<Callable<AwsResult<?>>> reads = IntStream.range(0, 1000)
                    .<Callable<AwsResult<?>>>mapToObj(i -> () -> keys.describe(ROLE, arns.get(i)))
                    .toList();
            for (Future<AwsResult<?>> read : threads.invokeAll(reads)) {
                assertThat(read.get()).isInstanceOf(AwsResult.Success.class);
            }
            assertThat(inMemory.counts()).isEqualTo(Map.of("kms:DescribeKey", 1000L, "sts:AssumeRole", 1L));
        }
    }

    private static String get(InMemoryAws inMemory, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(inMemory.endpoint() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
