package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.blackbox.Manifests.workgroupIn;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.ApiServerProxy;
import io.cmek.operator.testing.ApiServerProxy.Effect;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.ServiceCalls;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a process has not heard of, or hears from the past, takes nobody's access, no StorageClass and no finalizer: with the informers and the API
 * server as they are. All orders of it, and two leaders, are in OrdersTest, in virtual time.
 */
class StaleCachesIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> KINDS = List.of("workgroups", "replicacmeks");
    private static final String FINALIZER = "cmek.io/finalizer";

    /** How far the API server is behind: longer than the operator takes from its start to the first release. */
    private static final Duration BEHIND = Duration.ofSeconds(6);

    /** After 10 s the Kubernetes client gives up, and the process ends. */
    private static final Duration PATIENCE_OF_THE_CLIENT = Duration.ofSeconds(8);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private LocalAws aws;
    private ApiServerProxy proxy;
    private TestNamespace team;
    private String primary;
    private String secondary;

    @BeforeEach
    void proxy() {
        aws = ENVIRONMENT.aws();
        proxy = ApiServerProxy.before(ENVIRONMENT.installation().operatorKubeconfig());
        team = ENVIRONMENT.team();
        primary = aws.createKey(REGION);
        secondary = aws.createKey(SECONDARY_REGION);
    }

    @AfterEach
    void heal() {
        ENVIRONMENT.proxy().heal();
        proxy.close();
    }

    // -- a half-seen world

    @ParameterizedTest
    @CsvSource({"replicacmeks, wg/neighbour", "workgroups, rcmek/west"})
    void nothingIsTakenBeforeAllWasSeen(String late, String goes) {
        int informers;
        int all;
        try (OperatorProcess _ = launch(proxy, Map.of()).awaitReady()) {
            twoOnTheSecondaryKey();
            informers = proxy.watches(late);
            all = KINDS.stream().mapToInt(proxy::watches).sum();
        }
        team.kubectl("delete", goes, "--wait=false").orThrow();

        var asked = new AtomicInteger();
        var watches = new AtomicInteger();
        // Counted from when all others are filled: a busy machine may take its time until then.
        var comes = new CompletableFuture<Void>();
        proxy.interfere(request -> {
            if (KINDS.stream().anyMatch(request::isWatchOf) && watches.incrementAndGet() == all - 1) {
                comes.completeOnTimeout(null, BEHIND.toSeconds(), TimeUnit.SECONDS);
            }
            boolean isLate = request.isListOf(late) && asked.incrementAndGet() == informers;
            if (!isLate) {
                return new Effect.None();
            }
            comes.completeOnTimeout(null, PATIENCE_OF_THE_CLIENT.toSeconds(), TimeUnit.SECONDS);
            return new Effect.When(comes);
        });
        try (var service = ServiceCalls.with(aws, secondary);
                OperatorProcess operator = launch(proxy, Map.of())) {
            operator.awaitReady();
            assertThat(asked).hasValueGreaterThanOrEqualTo(informers);
            String[] gone = goes.split("/");
            team.awaitGone(gone[0], gone[1]);
            ENVIRONMENT.proxy().awaitMore("kms:GetKeyPolicy", 4, Duration.ofSeconds(30));
            service.assertNeverDenied();
        }
        assertThat(team.repairs()).isEmpty();
        if (goes.equals("rcmek/west")) {
            assertThat(aws.statementsOf("default", primary))
                    .as("what it alone had")
                    .isNotEmpty()
                    .doesNotContain("ReplicationUse");
        }
        assertThat(team.json(goes.startsWith("wg/") ? "rcmek" : "wg", goes.startsWith("wg/") ? "west" : "neighbour")
                        .at("/status/encryption")
                        .asText())
                .isEqualTo("ENABLED");
    }

    /** A Workgroup of the secondary region, and the ReplicaCmek of another Workgroup, which no database needs. */
    private void twoOnTheSecondaryKey() {
        ordersAndNeighbour();
        west();
    }

    private void ordersAndNeighbour() {
        team.apply(workgroup("orders", primary, team.namespace() + "-orders")
                .replicating()
                .toString());
        team.apply(workgroupIn(SECONDARY_REGION, "neighbour", secondary, team.namespace() + "-neighbour")
                .with("deletionPolicy: Release")
                .toString());
        team.awaitWorkgroup("neighbour", EncryptionState.ENABLED);
    }

    private void west() {
        team.apply(replica("west", "orders", secondary, team.namespace() + "-west")
                .with("deletionPolicy: Release")
                .toString());
        team.awaitReplica("west", EncryptionState.ENABLED);
    }

    // -- a world of the past

    /** The first list of each informer is of the past, as that of an API server whose cache is behind; what is asked later is not. */
    @Test
    void anEarlierOnesCleanupTouchesNothingOfTheLivingOneThoughTheFirstListIsOfThePast() throws Exception {
        String manifest = workgroup("orders", primary, team.namespace() + "-orders")
                .with("deletionPolicy: Release")
                .toString();
        String past;
        int informers;
        try (OperatorProcess _ = launch(proxy, Map.of()).awaitReady()) {
            team.apply(manifest);
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            past = deleted();
            informers = proxy.watches("workgroups");
            team.apply(manifest);
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        }
        JsonNode policy = aws.policy(primary);
        String uid = uid("wg", "orders");
        String storageClass = storageClassOf("orders");
        String storageClassUid = uid("storageclass", storageClass);

        var asked = new AtomicInteger();
        var caughtUp = new CompletableFuture<Void>();
        proxy.interfere(request -> {
            if (request.isListOf("workgroups") && asked.incrementAndGet() <= informers) {
                return new Effect.Instead(past);
            }
            return request.isWatchOf("workgroups") ? new Effect.When(caughtUp) : new Effect.None();
        });
        try (var service = ServiceCalls.with(aws, primary);
                OperatorProcess operator = launch(proxy, Map.of("CMEK_LEADER_ELECTION_ENABLED", "true"))) {
            operator.awaitReady();
            assertThat(asked).hasValueGreaterThanOrEqualTo(informers);
            await("it leads")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> operator.log().contains("This process is the leader"));
            await("nothing is taken, while the API server is behind")
                    .during(BEHIND)
                    .atMost(BEHIND.plusSeconds(4))
                    .untilAsserted(() -> {
                        assertThat(aws.policy(primary)).isEqualTo(policy);
                        assertThat(uid("storageclass", storageClass)).isEqualTo(storageClassUid);
                        assertThat(finalizersOf("orders")).contains(FINALIZER);
                    });
            caughtUp.complete(null);

            // It is reconciled still, and what it says is so.
            ENVIRONMENT.proxy().awaitMore("kms:GetKeyPolicy", 4, Duration.ofSeconds(30));
            service.assertNeverDenied();
            team.kubectl("patch", "wg", "orders", "--type=merge", "-p", "{\"spec\":{\"deletionPolicy\":\"Retain\"}}")
                    .orThrow();
            awaitEncryption("orders", "ENABLED");
            aws.disableKey(primary);
            awaitEncryption("orders", "DEGRADED");
            aws.enableKey(primary);
            awaitEncryption("orders", "ENABLED");
        }
        assertThat(aws.policy(primary)).isEqualTo(policy);
        assertThat(uid("wg", "orders")).isEqualTo(uid);
        assertThat(finalizersOf("orders")).contains(FINALIZER);
        assertThat(storageClassOf("orders")).isEqualTo(storageClass);
        assertThat(uid("storageclass", storageClass)).isEqualTo(storageClassUid);
    }

    /** Deletes the Workgroup, and returns the list of all Workgroups while that waits for AWS. */
    private String deleted() throws Exception {
        ENVIRONMENT
                .proxy()
                .inject(asked -> asked.request().operation().equals("kms:PutKeyPolicy")
                        ? new Fault.Effect.Late(Duration.ofSeconds(3))
                        : new Fault.Effect.None());
        team.kubectl("delete", "wg", "orders", "--wait=false").orThrow();
        String list = ENVIRONMENT.installation().kubectl().must("get", "--raw", "/apis/cmek.io/v1alpha1/workgroups");
        ENVIRONMENT.proxy().heal();
        JsonNode going = JSON.readTree(list)
                .get("items")
                .valueStream()
                .filter(w -> w.at("/metadata/namespace").asText().equals(team.namespace()))
                .findFirst()
                .orElseThrow();
        assertThat(going.at("/metadata/deletionTimestamp").asText()).isNotEmpty();
        assertThat(going.at("/metadata/finalizers").valueStream().map(JsonNode::asText))
                .contains(FINALIZER);
        team.awaitGone("wg", "orders");
        return list;
    }

    /** Until what is returned is complete, no event of a kind comes through. */
    private static CompletableFuture<Void> deafen(ApiServerProxy proxy, String plural) {
        var hears = new CompletableFuture<Void>();
        var watches = new AtomicInteger();
        proxy.interfere(request -> {
            if (request.isWatchOf(plural)) {
                watches.incrementAndGet();
                return new Effect.When(hears);
            }
            return new Effect.None();
        });
        int cut = proxy.cutWatches(plural);
        assertThat(cut).isPositive();
        await("it watches again").atMost(Duration.ofSeconds(30)).until(() -> watches.get() >= cut);
        return hears;
    }

    // -- replaced in a watch gap

    @Test
    void oneThatIsReplacedWhileTheWatchIsCutIsANewOne() {
        String another = aws.createKey(REGION);
        String bucket = team.namespace() + "-orders";
        try (OperatorProcess operator = launch(proxy, Map.of())) {
            operator.awaitReady();
            team.apply(workgroup("orders", primary, bucket).toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            String storageClass = storageClassOf("orders");
            String storageClassUid = uid("storageclass", storageClass);

            CompletableFuture<Void> hears = deafen(proxy, "workgroups");
            team.kubectl("delete", "wg", "orders", "--wait=false").orThrow();
            team.kubectl("patch", "wg", "orders", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}")
                    .orThrow();
            team.awaitGone("wg", "orders");
            team.apply(workgroup("orders", another, bucket).toString());
            proxy.heal();
            assertThat(proxy.sendGone("workgroups")).isPositive();
            hears.complete(null);

            await("the new one is judged")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(team.json("wg", "orders")
                                    .at("/status/conditions")
                                    .findValuesAsText("reason"))
                            .contains("BucketUnderAnotherKey"));
            assertThat(finalizersOf("orders")).contains(FINALIZER);
            assertThat(aws.encryption(REGION, bucket)
                            .applyServerSideEncryptionByDefault()
                            .kmsMasterKeyID())
                    .isEqualTo(primary);
            assertThat(uid("storageclass", storageClass)).isEqualTo(storageClassUid);
            assertThat(json("storageclass", storageClass)
                            .at("/parameters/kmsKeyId")
                            .asText())
                    .isEqualTo(primary);
            assertThat(team.json("wg", "orders").at("/status/encryption").asText())
                    .isEqualTo("FAILED");
        }
    }

    // -- the means

    private static OperatorProcess launch(ApiServerProxy proxy, Map<String, String> more) {
        var environment = new TreeMap<>(more);
        environment.put("KUBECONFIG", proxy.kubeconfig().toAbsolutePath().toString());
        return ENVIRONMENT.launch(environment);
    }

    private void awaitEncryption(String workgroup, String encryption) {
        awaitEncryption("wg", workgroup, encryption);
    }

    private void awaitEncryption(String kind, String name, String encryption) {
        await(kind + " " + name + " is " + encryption)
                .atMost(Duration.ofSeconds(30))
                .until(() -> {
                    JsonNode resource = team.json(kind, name);
                    return resource.at("/status/encryption").asText().equals(encryption)
                            && resource.at("/status/observedGeneration").equals(resource.at("/metadata/generation"));
                });
    }

    private String storageClassOf(String workgroup) {
        String name = team.json("wg", workgroup).at("/status/storageClassName").asText();
        assertThat(name).isNotEmpty();
        return name;
    }

    private List<String> finalizersOf(String workgroup) {
        return team.json("wg", workgroup)
                .at("/metadata/finalizers")
                .valueStream()
                .map(JsonNode::asText)
                .toList();
    }

    private String uid(String kind, String name) {
        return json(kind, name).at("/metadata/uid").asText();
    }

    private JsonNode json(String kind, String name) {
        return team.json(kind, name);
    }
}
