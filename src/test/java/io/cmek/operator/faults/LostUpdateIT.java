package io.cmek.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.testing.AwsProxy.Exchange;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;

/**
 * Somebody else, from another process, writes the same key policies all the time, and every other time a copy without the operator's statements.
 * KMS has no conditional write: what lands between anybody's read and write is written over, and no API tells of it. The operator reads right
 * before it writes, so that this window is as short as a call; outside of it, nothing is ever lost.
 */
class LostUpdateIT {

    private static final int KEYS = 10;

    /** In {@code make soak} it is 30, which docs/reliability.md has the result of. */
    private static final int ROUNDS = Integer.getInteger("cmek.it.lost-update-rounds", 8);

    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().with("CMEK_RESYNC_INTERVAL", "1s").withoutOperator();

    @Test
    @Tag(FaultsIT.SOAK)
    void nothingIsLostButWhatLandsBetweenAReadAndTheWriteThatFollows() throws Exception {
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            FaultScenario scenario = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, KEYS - 1)
                    .apply()
                    .awaitEnabled();
            ENVIRONMENT.proxy().record();
            othersWrite(scenario);
            assertOursAreBack(scenario);

            List<Exchange> recorded = ENVIRONMENT.proxy().recorded();
            int lost = 0;
            for (String key : scenario.keys()) {
                List<Exchange> about = about(key, recorded);
                for (Exchange write : lost(about, key)) {
                    assertThat(windows(about))
                            .as("windows in which %s was written over on %s", newest(write), key)
                            .anyMatch(window -> window.overlaps(write));
                    lost++;
                }
            }
            assertNoWar(recorded);
            System.out.printf(
                    "| %d writes of others | %d of the operator | %d in its windows | %d statements lost |%n",
                    puts(recorded, true).size(),
                    puts(recorded, false).size(),
                    inWindows(recorded, scenario.keys()),
                    lost);
            scenario.team().kubectl("delete", "workgroups", "--all").orThrow();
        }
    }

    /** CloudTrail has what KMS has not: what was written. */
    @Test
    void withEventsNothingIsLost() throws Exception {
        try (var queue = FakeCloudTrail.start(ENVIRONMENT);
                OperatorProcess operator = ENVIRONMENT
                        .launch(Map.of("CMEK_EVENTS_QUEUE_URL", queue.url(), "CMEK_EVENTS_RESTORE_STATEMENTS", "true"))
                        .awaitReady()) {
            FaultScenario scenario = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, KEYS - 1)
                    .apply()
                    .awaitEnabled();
            ENVIRONMENT.proxy().record();
            try (var telling = queue.telling()) {
                othersWrite(scenario);
                assertOursAreBack(scenario);
                List<Exchange> recorded = ENVIRONMENT.proxy().recorded();
                Awaitility.await("all that others wrote is there")
                        .atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> {
                            for (String key : scenario.keys()) {
                                assertThat(lost(about(key, recorded), key))
                                        .as("writes of others on " + key + " of which the statement is not there")
                                        .isEmpty();
                            }
                        });
                System.out.printf(
                        "| %d writes of others | %d of the operator | %d in its windows | with events, 0 statements lost |%n",
                        puts(recorded, true).size(),
                        puts(recorded, false).size(),
                        inWindows(recorded, scenario.keys()));
            }
            assertOursAreBack(scenario);
        }
    }

    private static void othersWrite(FaultScenario scenario) throws Exception {
        try (KmsClient others = clientOfOthers();
                ExecutorService pipelines = Executors.newFixedThreadPool(KEYS)) {
            var running = new ArrayList<Future<Void>>();
            for (String key : scenario.keys()) {
                running.add(pipelines.submit(otherPipeline(others, key)));
            }
            for (Future<Void> pipeline : running) {
                pipeline.get();
            }
        }
    }

    private static void assertOursAreBack(FaultScenario scenario) {
        scenario.awaitEnabled();
        Awaitility.await("our statements are back")
                .atMost(Duration.ofSeconds(60))
                .until(() -> scenario.keys().stream()
                        .noneMatch(key ->
                                ENVIRONMENT.aws().statementsOf("default", key).isEmpty()));
    }

    private static void assertNoWar(List<Exchange> recorded) {
        int written = puts(recorded, true).size();
        assertThat(written).isEqualTo(KEYS * ROUNDS);
        assertThat(puts(recorded, false))
                .as("a write for each time that ours were taken, not a war")
                .hasSizeBetween(KEYS, written);
    }

    private static List<Exchange> about(String key, List<Exchange> recorded) {
        return recorded.stream().filter(e -> e.request().subject().equals(key)).toList();
    }

    /** The writes of others of which the statement is not in the policy. */
    private static List<Exchange> lost(List<Exchange> about, String key) {
        Set<String> there = Set.copyOf(ENVIRONMENT.aws().sids(key));
        return puts(about, true).stream()
                .filter(write -> !there.contains(newest(write)))
                .toList();
    }

    /** Reads, adds a statement, and every other time has forgotten ours. */
    private static Callable<Void> otherPipeline(KmsClient kms, String key) {
        return () -> {
            var random = new Random(key.hashCode());
            for (int round = 0; round < ROUNDS; round++) {
                ObjectNode policy = (ObjectNode)
                        JSON.readTree(kms.getKeyPolicy(r -> r.keyId(key).policyName("default"))
                                .policy());
                if (round % 2 == 0) {
                    var statements = policy.withArray("Statement").elements();
                    while (statements.hasNext()) {
                        if (statements.next().path("Sid").asText().startsWith("CmekOperator")) {
                            statements.remove();
                        }
                    }
                }
                ((ObjectNode) policy.withArray("Statement").addObject())
                        .put("Sid", "Other" + round)
                        .put("Effect", "Allow")
                        .put("Action", "kms:DescribeKey")
                        .put("Resource", "*")
                        .putObject("Principal")
                        .put("AWS", "arn:aws:iam::" + LocalAws.ACCOUNT + ":root");
                kms.putKeyPolicy(r -> r.keyId(key).policyName("default").policy(policy.toString()));
                Thread.sleep(random.nextInt(1_200));
            }
            return null;
        };
    }

    private static KmsClient clientOfOthers() {
        return KmsClient.builder()
                .endpointOverride(ENVIRONMENT.proxy().endpoint())
                .region(Region.of(OperatorTestExtension.REGION))
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(LocalAws.ACCOUNT, "test")))
                .build();
    }

    /** From the request for the policy until the answer to the write that follows it. */
    private record Window(long begin, long end) {

        boolean overlaps(Exchange other) {
            return other.begin() < end && begin < other.end();
        }
    }

    private static List<Window> windows(List<Exchange> aboutOneKey) {
        List<Exchange> reads = aboutOneKey.stream()
                .filter(e -> e.operation().equals("kms:GetKeyPolicy") && !isOfOthers(e))
                .toList();
        return puts(aboutOneKey, false).stream()
                .flatMap(put -> reads.stream()
                        .filter(read -> read.end() <= put.begin())
                        .max(Comparator.comparingLong(Exchange::end))
                        .map(read -> new Window(read.begin(), put.end()))
                        .stream())
                .toList();
    }

    private static long inWindows(List<Exchange> recorded, List<String> keys) {
        return keys.stream()
                .mapToLong(key -> {
                    List<Exchange> about = about(key, recorded);
                    List<Window> windows = windows(about);
                    return puts(about, true).stream()
                            .filter(put -> windows.stream().anyMatch(w -> w.overlaps(put)))
                            .count();
                })
                .sum();
    }

    private static List<Exchange> puts(List<Exchange> exchanges, boolean ofOthers) {
        return exchanges.stream()
                .filter(e -> e.operation().equals("kms:PutKeyPolicy") && isOfOthers(e) == ofOthers)
                .toList();
    }

    private static boolean isOfOthers(Exchange exchange) {
        return exchange.accessKey().equals(LocalAws.ACCOUNT);
    }

    /** The statement that this write was the first to have. */
    private static String newest(Exchange put) {
        try {
            JsonNode policy = JSON.readTree(
                    JSON.readTree(put.request().body()).get("Policy").asText());
            return "Other"
                    + policy.get("Statement").findValuesAsText("Sid").stream()
                            .filter(sid -> sid.startsWith("Other"))
                            .mapToInt(sid -> Integer.parseInt(sid.substring("Other".length())))
                            .max()
                            .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
