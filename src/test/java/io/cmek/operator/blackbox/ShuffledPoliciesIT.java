package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.AuditLog.Request;
import io.cmek.operator.testing.Fault.Effect;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * KMS gives the members of each list in a key policy in another order at each read (aws-cli 9456, terraform-provider-aws 39788): as the AWS of all
 * integration tests does. That is nobody's write, and no change.
 */
class ShuffledPoliciesIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int KEYS = 10;

    /** So often the policy of each key is read while nothing changes. */
    private static final int IDLE_POLLS = 5;

    /** So often somebody writes each key right after the operator did. */
    private static final int RACES = 2;

    private static final String ROOT = """
            {"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}""";

    private static final String WITHOUT_SID = """
            {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/%s","arn:aws:iam::111122223333:role/%s"]},\
            "Action":"kms:DescribeKey","Resource":"*"}""";

    private static final String AUDITORS = """
            {"Sid":"Auditors%d","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/audit"},\
            "Action":"kms:DescribeKey","Resource":"*"}""";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    private LocalAws aws;
    private TestNamespace team;
    private List<String> keys;

    @BeforeEach
    void prepare() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        keys = IntStream.range(0, KEYS).mapToObj(i -> aws.createKey(REGION)).toList();
        ENVIRONMENT.proxy().resetCounts();
    }

    @AfterEach
    void clean() {
        ENVIRONMENT.proxy().heal();
        team.kubectl("delete", "workgroups", "--all").orThrow();
    }

    @Test
    void keysWithTheConsolesListsOfAdministratorsAndUsersAreWrittenOnceAndThenLeftInPeace() throws IOException {
        String console = Files.readString(Path.of("src/test/resources/policies/console-lists.json"));
        keys.forEach(key -> aws.setPolicy(key, console));

        try (Statuses<WorkgroupStatus> statuses = team.statuses(Workgroup.class)) {
            awaitAllEnabled();
            assertThat(ENVIRONMENT.proxy().count("kms:PutKeyPolicy")).isEqualTo(KEYS);

            // An Event is written after the status.
            Awaitility.await("each Event is written")
                    .until(() -> team.events().stream()
                                    .filter(event -> event.getReason().equals("EncryptionEnabled"))
                                    .count()
                            == KEYS);
            AuditLog audit = ENVIRONMENT.audit();
            long mark = audit.mark();
            ENVIRONMENT.proxy().resetCounts();
            ENVIRONMENT.proxy().awaitMore("kms:GetKeyPolicy", (long) IDLE_POLLS * KEYS, Duration.ofSeconds(120));

            assertThat(ENVIRONMENT.proxy().writes()).as("writes to AWS").isZero();
            assertThat(audit.ofOperatorSince(mark))
                    .as("writes to the API server, statuses and Events among them")
                    .filteredOn(Request::isWrite)
                    .isEmpty();
            for (int i = 0; i < KEYS; i++) {
                assertThat(statuses.of("wg-" + i))
                        .isNotEmpty()
                        .noneMatch(status -> hasReason(status, "PolicyConflict"));
            }
        }
        assertThat(team.repairs()).isEmpty();
        JsonNode theirs = JSON.readTree(console).get("Statement");
        for (String key : keys) {
            List<JsonNode> statements =
                    aws.policy(key).get("Statement").valueStream().toList();
            assertThat(statements).hasSize(theirs.size() + 2);
            assertThat(statements.stream().limit(theirs.size()).map(Unordered::of))
                    .as("the statements of others")
                    .isEqualTo(theirs.valueStream().map(Unordered::of).toList());
        }
    }

    /** Who read before the operator's write, and writes after it, takes its statements; it puts back what is missing, and no more. */
    @Test
    void aStatementWithoutSidIsNeverDoubledWhileSomebodyElseWritesAtTheSameTime() {
        keys.forEach(key -> aws.setPolicy(key, policy(ROOT, WITHOUT_SID.formatted("a", "b"))));
        Map<String, Integer> writes = new ConcurrentHashMap<>();
        try (ExecutorService somebody = Executors.newFixedThreadPool(KEYS)) {
            ENVIRONMENT.proxy().inject(asked -> {
                String key = asked.request().subject();
                if (!asked.request().operation().equals("kms:PutKeyPolicy")) {
                    return new Effect.None();
                }
                int write = writes.merge(key, 1, Integer::sum);
                if (write > RACES) {
                    return new Effect.None();
                }
                somebody.execute(() -> writeRightAfterTheOperator(
                        key, policy(ROOT, WITHOUT_SID.formatted("b", "a"), AUDITORS.formatted(write))));
                return new Effect.Late(Duration.ofSeconds(1));
            });
            awaitAllEnabled();
            Awaitility.await("the operator has put back what was taken")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> keys.stream()
                            .allMatch(key ->
                                    writes.get(key) > RACES && aws.sids(key).contains("CmekOperatordefaultDataUse")));
        }

        for (String key : keys) {
            List<JsonNode> statements =
                    aws.policy(key).get("Statement").valueStream().toList();
            assertThat(statements.stream().filter(s -> !s.has("Sid")))
                    .as("statements without Sid of " + key)
                    .hasSize(1);
            assertThat(aws.sids(key))
                    .contains("Root", "Auditors" + RACES, "CmekOperatordefaultDataUse", "CmekOperatordefaultDataGrants")
                    .doesNotHaveDuplicates();
        }
    }

    private void writeRightAfterTheOperator(String key, String policy) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(20))
                .until(() -> aws.sids(key).contains("CmekOperatordefaultDataUse"));
        aws.setPolicy(key, policy);
    }

    private void awaitAllEnabled() {
        team.apply(IntStream.range(0, KEYS)
                .mapToObj(i -> workgroup("wg-" + i, keys.get(i), team.namespace() + "-data-" + i)
                        .toString())
                .collect(Collectors.joining("---\n")));
        for (int i = 0; i < KEYS; i++) {
            team.awaitWorkgroup("wg-" + i, EncryptionState.ENABLED);
        }
    }

    private static boolean hasReason(CmekStatus status, String reason) {
        return status.conditions().stream().anyMatch(c -> c.reason().equals(reason));
    }

    private static String policy(String... statements) {
        return "{\"Version\":\"2012-10-17\",\"Statement\":[" + String.join(",", statements) + "]}";
    }
}
