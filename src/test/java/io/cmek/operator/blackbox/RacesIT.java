package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Much at once, and everything at the wrong moment. */
class RacesIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().with("CMEK_BUCKET_RESYNC_INTERVAL", "60s");

    private LocalAws aws;
    private TestNamespace team;
    private String primary;
    private String secondary;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        primary = aws.createKey(REGION);
        secondary = aws.createKey(SECONDARY_REGION);
    }

    // -- a ReplicaCmek goes in the moment in which a database comes

    private static final int PAIRS = 16;
    private static final int ROUNDS = 2;

    /** A pair whose database is there before the ReplicaCmek is deleted, however fast or slow the machine is. */
    private static final int SURELY_ADMITTED = 1;

    @Test
    void noDatabaseIsAdmittedWithoutAReadyReplicaCmekWhateverComesFirst() throws Exception {
        try (var history = new History(ENVIRONMENT.installation().client(), team.namespace());
                ExecutorService users = Executors.newFixedThreadPool(2 * PAIRS)) {
            team.apply(manifests(PAIRS, this::idle));
            for (int round = 0; round < ROUNDS; round++) {
                team.apply(manifests(PAIRS, i -> west(i, primary, secondary)));
                await("all secondaries are ready")
                        .atMost(Duration.ofSeconds(180))
                        .until(() -> replicas().list().getItems().stream()
                                        .filter(r -> r.getStatus() != null && has(r.getStatus(), "Ready", "Ready"))
                                        .count()
                                == PAIRS);
                all(
                        users,
                        IntStream.range(0, PAIRS)
                                .boxed()
                                .flatMap(this::deleteAndAdd)
                                .toList());
                int held = 0;
                for (int i = 0; i < PAIRS; i++) {
                    held += awaitOutcome(i) ? 1 : 0;
                }
                System.out.printf("Round %d: %d were held, %d were gone%n", round, held, PAIRS - held);
                team.apply(manifests(PAIRS, this::idle));
                await("all secondaries are gone")
                        .atMost(Duration.ofSeconds(180))
                        .until(() -> replicas().list().getItems().isEmpty());
            }
            history.assertNoneWasAdmittedTooEarly();
        }
    }

    /** One of the two a moment before the other: sometimes too late to be seen, sometimes long enough for all to be done, and once surely. */
    private Stream<Callable<Void>> deleteAndAdd(int i) {
        boolean deleteFirst = i % 2 == 0;
        int moment = ThreadLocalRandom.current().nextInt(400);
        return Stream.of(
                () -> {
                    if (i == SURELY_ADMITTED) {
                        team.awaitReason("wg-" + i, "ReplicationAllowed", "SecondaryReady");
                    } else {
                        Thread.sleep(deleteFirst ? 0 : moment);
                    }
                    replicas().withName("west-" + i).delete();
                    return null;
                },
                () -> {
                    Thread.sleep(deleteFirst ? moment : 0);
                    workgroups()
                            .withName("wg-" + i)
                            .patch(MERGE, "{\"spec\":{\"replication\":{\"databases\":[\"orders\"]}}}");
                    return null;
                });
    }

    /** Either the ReplicaCmek is held, or it is gone and the database waits; returns whether it is held. */
    private boolean awaitOutcome(int i) {
        WorkgroupStatus status = team.awaitWorkgroup("wg-" + i, "the database waits, or the ReplicaCmek is held", s -> {
            ReplicaCmek west = team.replica("west-" + i);
            return west == null
                    ? has(s, "ReplicationAllowed", "SecondaryCmekRequired")
                    : west.getStatus() != null && has(west.getStatus(), "Deletable", "InUse");
        });
        boolean held = team.replica("west-" + i) != null;
        if (!held) {
            assertThat(status.replication().admitted()).isEmpty();
            assertThat(status.replication().blocked()).hasSize(1);
        }
        return held;
    }

    // -- two installations

    /** Two clusters with the same keys: neither takes anything from the other, and neither writes because the other did. */
    @Test
    void twoInstallationsLeaveEachOthersStatementsAlone() throws Exception {
        String others = Files.readString(Path.of("src/test/resources/policies/twenty-statements.json"));
        for (String key : List.of(primary, secondary)) {
            aws.setPolicy(key, others);
        }
        try (Installation elsewhere = Installation.start(Map.of());
                OperatorProcess second = ENVIRONMENT.launch(Map.of(
                        "KUBECONFIG",
                        elsewhere.operatorKubeconfig().toAbsolutePath().toString(),
                        "CMEK_INSTALLATION_ID",
                        "second"))) {
            second.awaitReady();
            var there = new TestNamespace(elsewhere, elsewhere.namespace());
            ENVIRONMENT.proxy().resetCounts();
            for (TestNamespace where : List.of(team, there)) {
                where.apply(orders(where == team ? "here" : "there") + "---\n"
                        + replica("west", "orders", secondary, bucket(where == team ? "here" : "there", "west"))
                                .with("deletionPolicy: Release"));
            }
            for (TestNamespace where : List.of(team, there)) {
                where.awaitReason("orders", "ReplicationAllowed", "SecondaryReady");
                where.awaitWorkgroup("orders", EncryptionState.ENABLED);
            }

            for (String installation : List.of("default", "second")) {
                assertThat(aws.statementsOf(installation, primary))
                        .containsExactlyInAnyOrder("DataUse", "DataGrants", "ReplicationUse");
                assertThat(aws.statementsOf(installation, secondary))
                        .containsExactlyInAnyOrder("DataUse", "DataGrants");
            }
            assertForeignStatementsAreThere(others);
            // Both came at the same time: a write may have been overtaken, and was repeated then.
            assertThat(ENVIRONMENT.proxy().count("kms:PutKeyPolicy")).isLessThanOrEqualTo(16);
            awaitNoWrites();

            // One goes, the other stays.
            there.apply(orders("there").replace("[orders]", "[]"));
            there.kubectl("delete", "rcmek", "west", "--timeout=30s").orThrow();
            there.kubectl("delete", "wg", "orders", "--timeout=30s").orThrow();
            for (String key : List.of(primary, secondary)) {
                assertThat(aws.statementsOf("second", key)).isEmpty();
            }
            assertThat(aws.statementsOf("default", primary)).hasSize(3);
            assertForeignStatementsAreThere(others);
            awaitNoWrites();
            assertThat(team.workgroup("orders").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);
        }
    }

    private String orders(String where) {
        return workgroup("orders", primary, bucket(where, "data"))
                .replicating("orders")
                .with("deletionPolicy: Release")
                .toString();
    }

    private String bucket(String where, String name) {
        return team.namespace() + "-" + where + "-" + name;
    }

    private void assertForeignStatementsAreThere(String others) throws Exception {
        JsonNode foreign = JSON.readTree(others).get("Statement");
        for (String key : List.of(primary, secondary)) {
            assertThat(aws.policy(key)
                            .get("Statement")
                            .valueStream()
                            .limit(foreign.size())
                            .map(Unordered::of))
                    .isEqualTo(foreign.valueStream().map(Unordered::of).toList());
        }
    }

    /** For as long as it takes both to read each key three times. */
    private void awaitNoWrites() {
        ENVIRONMENT.proxy().resetCounts();
        await().atMost(Duration.ofSeconds(180)).until(() -> ENVIRONMENT.proxy().count("kms:GetKeyPolicy") >= 2 * 2 * 3);
        assertThat(ENVIRONMENT.proxy().writes()).as("writes to AWS").isZero();
    }

    // -- edits while statuses are written

    private static final int EDITED = 10;
    private static final int EDITS = 20;

    /** The operator SDK can swallow an edit that lands together with a write of the controller's own. */
    @Test
    void everyEditIsObservedThoughStatusesAreWrittenAllTheTime() throws Exception {
        team.apply(manifests(
                EDITED,
                i -> workgroup("wg-" + i, primary, bucket("wg", "" + i))
                        .replicating("orders")
                        .toString()));
        team.apply(manifests(EDITED, i -> west(i, primary, secondary)));
        for (int i = 0; i < EDITED; i++) {
            team.awaitReason("wg-" + i, "ReplicationAllowed", "SecondaryReady");
        }
        var before = new ArrayList<Long>();
        resources().forEach(r -> before.add(r.getMetadata().getGeneration()));
        long mark = ENVIRONMENT.audit().mark();

        var done = new AtomicBoolean();
        try (ExecutorService users = Executors.newFixedThreadPool(6)) {
            // Each turn of a key changes the statuses of all.
            Future<?> trouble = users.submit(() -> {
                while (!done.get()) {
                    for (String key : List.of(primary, secondary)) {
                        aws.disableKey(key);
                        TimeUnit.MILLISECONDS.sleep(1_500);
                        aws.enableKey(key);
                        TimeUnit.MILLISECONDS.sleep(1_500);
                    }
                }
                return null;
            });
            all(
                    users,
                    IntStream.range(0, 2 * EDITED)
                            .<Callable<Void>>mapToObj(i -> () -> edit(i))
                            .toList());
            done.set(true);
            trouble.get();
        }

        await("every resource's status is of its last edit")
                .atMost(Duration.ofSeconds(120))
                .untilAsserted(() -> assertThat(resources())
                        .allSatisfy(r -> assertThat(statusOf(r).observedGeneration())
                                .isEqualTo(r.getMetadata().getGeneration())));
        assertThat(resources())
                .extracting(r -> r.getMetadata().getGeneration())
                .isEqualTo(before.stream().map(generation -> generation + EDITS).toList());
        for (int i = 0; i < EDITED; i++) {
            team.awaitReason("wg-" + i, "ReplicationAllowed", "SecondaryReady");
            team.awaitWorkgroup("wg-" + i, EncryptionState.ENABLED);
        }
        assertThat(ENVIRONMENT.audit().ofOperatorSince(mark))
                .as("writes of statuses between the edits")
                .filteredOn(request -> request.resource().endsWith("/status"))
                .hasSizeGreaterThan(2 * EDITED * 3);
    }

    private Void edit(int which) {
        for (int n = 0; n < EDITS; n++) {
            String patch = "{\"spec\":{\"deletionPolicy\":\"" + (n % 2 == 0 ? "Release" : "Retain") + "\"}}";
            if (which < EDITED) {
                workgroups().withName("wg-" + which).patch(MERGE, patch);
            } else {
                replicas().withName("west-" + (which - EDITED)).patch(MERGE, patch);
            }
        }
        return null;
    }

    private List<CustomResource<?, ? extends CmekStatus>> resources() {
        var all = new ArrayList<CustomResource<?, ? extends CmekStatus>>();
        for (int i = 0; i < EDITED; i++) {
            all.add(team.workgroup("wg-" + i));
            all.add(team.replica("west-" + i));
        }
        return all;
    }

    private static CmekStatus statusOf(CustomResource<?, ? extends CmekStatus> resource) {
        return resource.getStatus();
    }

    // -- many

    private static final int MANY = 60;
    private static final int KEY_PAIRS = 4;

    @Test
    void manyWorkgroupsReplicateAndTheCallsToKmsGrowWithKeys() {
        List<String> primaries =
                Stream.generate(() -> aws.createKey(REGION)).limit(KEY_PAIRS).toList();
        List<String> secondaries = Stream.generate(() -> aws.createKey(SECONDARY_REGION))
                .limit(KEY_PAIRS)
                .toList();
        ENVIRONMENT.proxy().resetCounts();
        long start = System.nanoTime();

        team.apply(manifests(
                        MANY,
                        i -> workgroup("wg-" + i, primaries.get(i % KEY_PAIRS), bucket("wg", "" + i))
                                .replicating("orders")
                                .toString())
                + "---\n"
                + manifests(MANY, i -> west(i, primaries.get(i % KEY_PAIRS), secondaries.get(i % KEY_PAIRS))));
        await("all are enabled, and all replicate")
                .atMost(Duration.ofSeconds(600))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(
                        () -> assertThat(workgroups().list().getItems().stream().filter(RacesIT::isReplicating))
                                .hasSize(MANY));
        assertThat(replicas().list().getItems())
                .allSatisfy(r -> assertThat(r.getStatus().encryption()).isEqualTo(EncryptionState.ENABLED));

        Duration took = Duration.ofNanos(System.nanoTime() - start);
        Map<String, Long> counts = ENVIRONMENT.proxy().counts();
        System.out.printf("%d workgroups with replicas: %d s, %s%n", MANY, took.toSeconds(), counts);
        assertThat(counts.get("kms:PutKeyPolicy"))
                .as(
                        "each primary's policy twice at most, for its workgroups and for their replicas, each secondary's once")
                .isBetween(2L * KEY_PAIRS, 3L * KEY_PAIRS);
        // Two at first, and one every 2 s, less a tenth of jitter, of these keys and of those of the test. The SDK
        // sends those again that the
        // unruly layer fails. With one for each resource it would be 400 more.
        long keys = 2L * KEY_PAIRS + 2;
        assertThat(counts.get("kms:DescribeKey")).isLessThan(keys * (2 + took.toMillis() / 1_800) + MANY / 2);
        assertThat(counts.get("s3:CreateBucket")).isEqualTo(2L * MANY);
    }

    private static boolean isReplicating(Workgroup workgroup) {
        return workgroup.getStatus() != null
                && workgroup.getStatus().encryption() == EncryptionState.ENABLED
                && has(workgroup.getStatus(), "ReplicationAllowed", "SecondaryReady");
    }

    // -- the means

    private String idle(int i) {
        return workgroup("wg-" + i, primary, bucket("wg", "" + i)).replicating().toString();
    }

    private String west(int i, String primaryKey, String secondaryKey) {
        return replica("west-" + i, "wg-" + i, secondaryKey, bucket("west", "" + i))
                .toString();
    }

    private static String manifests(int count, IntFunction<String> manifest) {
        return String.join("---\n", IntStream.range(0, count).mapToObj(manifest).toList());
    }

    private NonNamespaceOperation<Workgroup, KubernetesResourceList<Workgroup>, Resource<Workgroup>> workgroups() {
        return ENVIRONMENT.installation().client().resources(Workgroup.class).inNamespace(team.namespace());
    }

    private NonNamespaceOperation<ReplicaCmek, KubernetesResourceList<ReplicaCmek>, Resource<ReplicaCmek>> replicas() {
        return ENVIRONMENT.installation().client().resources(ReplicaCmek.class).inNamespace(team.namespace());
    }

    private static void all(ExecutorService users, List<Callable<Void>> tasks) throws Exception {
        for (Future<Void> task : users.invokeAll(tasks)) {
            task.get();
        }
    }

    /** All versions of the workgroups and the ReplicaCmeks of a namespace, in the order of the API server's store, which counts both alike. */
    private static final class History implements AutoCloseable {

        private record Version(long number, String name, boolean there, boolean good) {}

        private final List<Version> workgroups = new CopyOnWriteArrayList<>();
        private final List<Version> replicas = new CopyOnWriteArrayList<>();
        private final List<Watch> watches;

        History(KubernetesClient client, String namespace) {
            watches = List.of(
                    client.resources(Workgroup.class)
                            .inNamespace(namespace)
                            .watch(taking(
                                    workgroups,
                                    w -> w.getStatus() != null
                                            && w.getStatus().replication() != null
                                            && !w.getStatus()
                                                    .replication()
                                                    .admitted()
                                                    .isEmpty())),
                    client.resources(ReplicaCmek.class)
                            .inNamespace(namespace)
                            .watch(taking(replicas, History::serves)));
        }

        /**
         * Ready, or so in all but that somebody wants it to go: who deletes it between the read by which a database is admitted and the status
         * that says so is too late, and it stays.
         */
        private static boolean serves(ReplicaCmek replica) {
            return replica.getStatus() != null
                    && (has(replica.getStatus(), "Ready", "Ready")
                            || (has(replica.getStatus(), "Deletable", "InUse")
                                    && replica.getStatus().conditions().stream()
                                            .filter(c -> !Set.of("Deletable", "Ready", "Stalled")
                                                    .contains(c.type()))
                                            .allMatch(c -> c.status().equals("True"))));
        }

        private static <R extends HasMetadata> Watcher<R> taking(List<Version> versions, Predicate<R> good) {
            return new Watcher<>() {
                @Override
                public void eventReceived(Action action, R resource) {
                    versions.add(new Version(
                            Long.parseLong(resource.getMetadata().getResourceVersion()),
                            resource.getMetadata().getName().replaceAll("[a-z]+-", ""),
                            action != Action.DELETED,
                            good.test(resource)));
                }

                @Override
                public void onClose(WatcherException cause) {
                    versions.add(new Version(-1, "the watch broke off", false, false));
                }
            };
        }

        void assertNoneWasAdmittedTooEarly() {
            assertThat(Stream.concat(workgroups.stream(), replicas.stream()))
                    .extracting(Version::number)
                    .doesNotContain(-1L);
            int admissions = 0;
            for (int i = 0; i < PAIRS; i++) {
                String name = String.valueOf(i);
                boolean before = false;
                for (Version version : of(workgroups, name)) {
                    if (version.good() && !before) {
                        admissions++;
                        assertThat(of(replicas, name).stream()
                                        .filter(r -> r.number() < version.number())
                                        .reduce((earlier, later) -> later))
                                .hasValueSatisfying(r -> assertThat(r)
                                        .as(
                                                "the ReplicaCmek when wg-%s was admitted, in version %d",
                                                name, version.number())
                                        .returns(true, Version::there)
                                        .returns(true, Version::good));
                    }
                    before = version.good();
                }
            }
            assertThat(admissions).as("times that the database was first").isPositive();
        }

        private static List<Version> of(List<Version> versions, String name) {
            return versions.stream().filter(v -> v.name().equals(name)).toList();
        }

        @Override
        public void close() {
            watches.forEach(Watch::close);
        }
    }
}
