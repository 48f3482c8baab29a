package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** The operator ends at any moment, and comes back; and comes back to a world in which nothing is to be done. */
class CrashIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private record Asked(String name, String dataKey, String backupKey, String data, String backup) {}

    /**
     * Four times it is killed after some number of calls to AWS, each time another one, while workgroups come. Then it converges, and nothing of
     * others is lost. After that, a restart writes nothing at all. OrdersTest has every request at which it may end, and KillsIT fifty kills.
     */
    @Test
    void killedAtFourMomentsItConvergesAndARestartWritesNothing() throws Exception {
        LocalAws aws = ENVIRONMENT.aws();
        TestNamespace team = ENVIRONMENT.team();
        String others = Files.readString(Path.of("src/test/resources/policies/twenty-statements.json"));
        String shared = aws.createKey(REGION);
        aws.setPolicy(shared, others);
        var asked = new ArrayList<Asked>();

        for (int moment = 0; moment < 4; moment++) {
            for (int i = 0; i < 2; i++) {
                asked.add(apply(aws, team, others, shared, "wg-" + moment + "-" + i));
            }
            ENVIRONMENT.proxy().resetCounts();
            try (OperatorProcess operator = ENVIRONMENT.launch(Map.of())) {
                int calls = 1 + moment * 9;
                Awaitility.await("call number " + calls)
                        .atMost(Duration.ofSeconds(90))
                        .pollInterval(Duration.ofMillis(2))
                        .until(() -> ENVIRONMENT.proxy().counts().values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum()
                                >= calls);
                operator.kill();
            }
        }
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            for (Asked wanted : asked) {
                team.awaitWorkgroup(wanted.name(), EncryptionState.ENABLED);
                assertServed(aws, wanted, others);
            }
        }

        aRestartWritesNothing(team, asked);
    }

    private static Asked apply(LocalAws aws, TestNamespace team, String others, String shared, String name) {
        String backupKey = aws.createKey(REGION);
        aws.setPolicy(backupKey, others);
        var asked = new Asked(
                name, shared, backupKey, team.namespace() + "-" + name, team.namespace() + "-" + name + "-backup");
        team.apply(workgroup(name, asked.dataKey(), asked.data(), asked.backupKey(), asked.backup())
                .toString());
        return asked;
    }

    private static void assertServed(LocalAws aws, Asked asked, String others) throws IOException {
        JsonNode foreign = JSON.readTree(others).get("Statement");
        for (String key : List.of(asked.dataKey(), asked.backupKey())) {
            JsonNode statements = aws.policy(key).get("Statement");
            for (int i = 0; i < foreign.size(); i++) {
                assertThat(Unordered.of(statements.get(i))).isEqualTo(Unordered.of(foreign.get(i)));
            }
        }
        assertThat(aws.policy(asked.dataKey()).toString()).contains("DataUse", "DataGrants");
        assertThat(aws.policy(asked.backupKey()).toString()).contains("BackupUse");
        assertEncrypted(aws, asked.data(), asked.dataKey());
        assertEncrypted(aws, asked.backup(), asked.backupKey());
    }

    private static void assertEncrypted(LocalAws aws, String bucket, String key) {
        var byDefault = aws.encryption(REGION, bucket).applyServerSideEncryptionByDefault();
        assertThat(byDefault.sseAlgorithm()).isEqualTo(ServerSideEncryption.AWS_KMS);
        assertThat(byDefault.kmsMasterKeyID()).isEqualTo(key);
        var closed = aws.s3(LocalAws.ACCOUNT, REGION)
                .getPublicAccessBlock(r -> r.bucket(bucket))
                .publicAccessBlockConfiguration();
        assertThat(closed.blockPublicAcls()).isTrue();
        assertThat(closed.restrictPublicBuckets()).isTrue();
    }

    private static void aRestartWritesNothing(TestNamespace team, List<Asked> asked) {
        ENVIRONMENT.proxy().resetCounts();
        long mark = ENVIRONMENT.audit().mark();
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            // Every key and bucket was read, and read again.
            int keys = asked.size() + 1;
            Awaitility.await()
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> ENVIRONMENT.proxy().count("kms:DescribeKey") >= 3L * keys
                            && ENVIRONMENT.proxy().count("s3:GetBucketEncryption") >= 3L * 2 * asked.size());
        }

        assertThat(ENVIRONMENT.proxy().writes())
                .as("writes to AWS: " + ENVIRONMENT.proxy().counts())
                .isZero();
        assertThat(ENVIRONMENT.audit().ofOperatorSince(mark))
                .as("writes to the API server")
                .filteredOn(request -> request.isWrite())
                .isEmpty();
        for (Asked wanted : asked) {
            team.awaitWorkgroup(wanted.name(), EncryptionState.ENABLED);
        }
    }
}
