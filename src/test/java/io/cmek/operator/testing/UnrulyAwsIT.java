package io.cmek.operator.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;

/** The AWS of the integration tests is as untidy as the real one, and none of them can do without. */
class UnrulyAwsIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String POLICY = """
            {"Version":"2012-10-17","Id":"\\u6771 é","Statement":[\
            {"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["kms:*"],"Resource":"*"},\
            {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/a","arn:aws:iam::111122223333:role/b",\
            "arn:aws:iam::111122223333:role/c"]},"Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*",\
            "Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":[1.10,2]}}}]}""";

    private static LocalAws aws;

    @BeforeAll
    static void start() {
        aws = LocalAws.start();
    }

    @AfterAll
    static void stop() {
        aws.close();
    }

    @Test
    void givesTheListsOfAKeyPolicyInAnotherOrderAtEachReadAndAllElseAsItIs() throws Exception {
        String key = aws.createKey(OperatorTestExtension.REGION);
        aws.setPolicy(key, POLICY);

        Set<String> read = new HashSet<>();
        try (KmsClient kms = client(aws.endpoint())) {
            for (int i = 0; i < 40; i++) {
                String policy = kms.getKeyPolicy(r -> r.keyId(key).policyName("default"))
                        .policy();
                read.add(policy);
                assertThat(Unordered.of(JSON.readTree(policy))).isEqualTo(Unordered.of(JSON.readTree(POLICY)));
                assertThat(JSON.readTree(policy).at("/Statement/0/Sid").asText())
                        .as("the order of the statements is kept")
                        .isEqualTo("Root");
                assertThat(policy).as("to the letter").contains("\"\\u6771 é\"", "1.10");
            }
        }
        // Of 3! × 2! × 2! that there are.
        assertThat(read).hasSizeGreaterThan(8);
    }

    @Test
    void anOperatorWithATidyAwsIsNotStarted() {
        try (AwsProxy way = AwsProxy.before(aws.emulator())) {
            for (URI tidy : new URI[] {aws.emulator(), way.endpoint()}) {
                assertThatExceptionOfType(IllegalStateException.class)
                        .isThrownBy(() -> OperatorProcess.launch(Map.of("AWS_ENDPOINT_URL", tidy.toString())))
                        .withMessageContaining("tidier than the real one");
            }
        }
        try (AwsProxy way = AwsProxy.before(aws.endpoint())) {
            UnrulyAws.requireBefore(way.endpoint());
            assertThat(way.counts()).as("what the operator asks").isEmpty();
        }
        UnrulyAws.requireBefore(aws.endpoint());
    }

    private static KmsClient client(URI endpoint) {
        return KmsClient.builder()
                .endpointOverride(endpoint)
                .region(Region.of(OperatorTestExtension.REGION))
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(LocalAws.ACCOUNT, "test")))
                .build();
    }
}
