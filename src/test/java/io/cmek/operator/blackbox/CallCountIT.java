package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.inmemoryaws.InMemoryAws;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.AuditLog.Request;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.UnrulyAws;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How often AWS and the API server are asked until Workgroups are ENABLED. The calls to AWS grow with keys and buckets, those to the API server
 * with Workgroups. AWS is answered from memory, with its lists shuffled, so that only what the operator asks for decides how many calls there are.
 */
class CallCountIT {

    private static final int WORKGROUPS = 50;
    private static final int SHARED_KEYS = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Nothing more comes after this silence. */
    private static final Duration SILENCE = Duration.ofSeconds(2);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private static InMemoryAws aws;
    private static UnrulyAws unruly;
    private static Installation installation;
    private static AuditLog audit;

    /** To be closed in reverse. */
    private static final Deque<AutoCloseable> STARTED = new ArrayDeque<>();

    /** As it was created, with the finalizer, with the status before any read, and with the last. */
    private static final int MAX_VERSIONS = 4;

    private final Map<String, Set<String>> versions = new ConcurrentHashMap<>();
    private TestNamespace team;
    private long mark;
    private Watch watch;

    @BeforeAll
    static void start() throws IOException {
        installation = ENVIRONMENT.installation();
        assumeTrue(installation.cluster().audit().isPresent(), "this cluster keeps no audit log");
        audit = installation.cluster().audit().orElseThrow();
        aws = started(InMemoryAws.start());
        unruly = started(UnrulyAws.before(aws.endpoint()));
        started(OperatorProcess.launch(environment())).awaitReady();
    }

    /** The polls are not part of what is counted. */
    private static Map<String, String> environment() {
        Map<String, String> environment = installation.environment(unruly.endpoint());
        environment.put("CMEK_RESYNC_INTERVAL", "1h");
        environment.put("CMEK_BUCKET_RESYNC_INTERVAL", "1h");
        environment.put("CMEK_FACTS_MAX_AGE", "2h");
        return environment;
    }

    private static <T extends AutoCloseable> T started(T part) {
        STARTED.push(part);
        return part;
    }

    @AfterAll
    static void stop() throws Exception {
        while (!STARTED.isEmpty()) {
            STARTED.pop().close();
        }
    }

    @BeforeEach
    void countFromHere() {
        team = new TestNamespace(installation, installation.namespace());
        aws.resetCounts();
        mark = audit.mark();
        watch = watchVersions();
    }

    @AfterEach
    void watchNoMore() {
        watch.close();
    }

    @Test
    void aKeyIsReadThreeTimesAtMostAndWrittenOnceAndABucketReadAndWrittenOnce() {
        List<String> keys = aws.seedKeys(WORKGROUPS, REGION);

        converge(keys);

        assertCalls(WORKGROUPS);
        assertWritesOfEachWorkgroup();
    }

    @Test
    void workgroupsThatShareAKeyCostNoMoreCallsAboutIt() {
        List<String> keys = aws.seedKeys(SHARED_KEYS, REGION);

        converge(keys);

        assertCalls(SHARED_KEYS);
        assertWritesOfEachWorkgroup();
    }

    /** Each Workgroup gets one of the keys, and two buckets that are there already. */
    private void converge(List<String> keys) {
        aws.seedBuckets(WORKGROUPS, team.namespace() + "-data", REGION);
        aws.seedBuckets(WORKGROUPS, team.namespace() + "-backup", REGION);
        team.apply(IntStream.range(0, WORKGROUPS)
                .mapToObj(i -> workgroup(
                                "wg-" + i,
                                keys.get(i % keys.size()),
                                team.namespace() + "-data-" + i,
                                keys.get(i % keys.size()),
                                team.namespace() + "-backup-" + i)
                        .toString())
                .collect(Collectors.joining("---\n")));
        for (int i = 0; i < WORKGROUPS; i++) {
            team.awaitWorkgroup("wg-" + i, EncryptionState.ENABLED);
        }
        awaitSilence();
    }

    private void awaitSilence() {
        long[] heard = {-1, System.nanoTime()};
        Awaitility.await("the operator has nothing more to ask")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    long now = audit.ofOperatorSince(mark).size()
                            + aws.counts().values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum();
                    if (now != heard[0]) {
                        heard[0] = now;
                        heard[1] = System.nanoTime();
                    }
                    return System.nanoTime() - heard[1] > SILENCE.toNanos();
                });
    }

    private static Map<String, Long> callsAboutKeysAndBuckets() {
        Map<String, Long> calls = new TreeMap<>(aws.counts());
        // Of the tenant, and only the first time.
        calls.remove("sts:AssumeRole");
        return calls;
    }

    /**
     * A key is described, and its policy read right before it is written over and right after that; and once more where the key is read before the
     * resource has its finalizer, without which nothing is written.
     */
    private static void assertCalls(long keys) {
        Map<String, Long> calls = callsAboutKeysAndBuckets();
        assertThat(calls.remove("kms:GetKeyPolicy")).isBetween(2 * keys, 3 * keys);
        assertThat(calls)
                .isEqualTo(Map.of(
                        "kms:DescribeKey",
                        keys,
                        "kms:PutKeyPolicy",
                        keys,
                        "s3:GetBucketEncryption",
                        2L * WORKGROUPS,
                        "s3:PutBucketEncryption",
                        2L * WORKGROUPS));
    }

    /** A StorageClass and an Event each; and of the Workgroup itself, {@link #MAX_VERSIONS}. */
    private void assertWritesOfEachWorkgroup() {
        Map<String, Long> written = audit.ofOperatorSince(mark).stream()
                .filter(request -> request.isWrite() && request.code() < 300)
                .collect(groupingBy(Request::resource, counting()));
        assertThat(written).containsOnlyKeys("workgroups", "workgroups/status", "storageclasses", "events");
        assertThat(audit.ofOperatorSince(mark))
                .as("statuses, those among them that were refused because they were computed from an old copy")
                .filteredOn(request -> request.resource().equals("workgroups/status"))
                .hasSizeLessThan(2 * WORKGROUPS + WORKGROUPS / 5);
        assertThat(written.get("storageclasses")).isEqualTo(WORKGROUPS);
        assertThat(written.get("events")).isEqualTo(WORKGROUPS);
        assertThat(versions.keySet()).hasSize(WORKGROUPS);
        assertThat(versions)
                .allSatisfy((name, seen) ->
                        assertThat(seen).as("versions of " + name).hasSizeBetween(2, MAX_VERSIONS));
    }

    /** Takes down each version that a Workgroup of the team has. A request that changes nothing makes none. */
    private Watch watchVersions() {
        return installation
                .client()
                .resources(Workgroup.class)
                .inNamespace(team.namespace())
                .watch(new Watcher<>() {
                    @Override
                    public void eventReceived(Action action, Workgroup workgroup) {
                        versions.computeIfAbsent(
                                        workgroup.getMetadata().getName(), name -> ConcurrentHashMap.newKeySet())
                                .add(workgroup.getMetadata().getResourceVersion());
                    }

                    @Override
                    public void onClose(WatcherException cause) {
                        // Without it versions are missing, and a test that wants at least the first and the last fails.
                        versions.clear();
                    }
                });
    }
}
