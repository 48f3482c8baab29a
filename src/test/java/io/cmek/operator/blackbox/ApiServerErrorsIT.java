package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.metrics.Exposition;
import io.cmek.operator.testing.ApiServerProxy;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.util.Map;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** While some requests to the API server fail, what does not depend on them is done and reported. */
class ApiServerErrorsIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private static ApiServerProxy proxy;
    private static OperatorProcess operator;
    private TestNamespace team;

    @BeforeAll
    static void anOperatorBehindTheProxy() {
        proxy = ApiServerProxy.before(ENVIRONMENT.installation().operatorKubeconfig());
        operator = launch().awaitReady();
    }

    private static OperatorProcess launch() {
        return ENVIRONMENT.launch(
                Map.of("KUBECONFIG", proxy.kubeconfig().toAbsolutePath().toString()));
    }

    @AfterAll
    static void stop() {
        operator.close();
        proxy.close();
    }

    @BeforeEach
    void team() {
        team = ENVIRONMENT.team();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    @Test
    void aStorageClassThatCannotBeMadeHidesNothing() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
        String storageClass =
                team.awaitWorkgroup("orders", EncryptionState.ENABLED).storageClassName();
        failing("POST", "/storageclasses");
        ENVIRONMENT.installation().kubectl().must("delete", "storageclass", storageClass);

        WorkgroupStatus failed =
                team.awaitWorkgroup("orders", "it lasts", s -> has(s, "VolumesEncrypted", "WriteDenied"));
        assertThat(failed.conditions())
                .anyMatch(
                        c -> c.type().equals("VolumesEncrypted") && c.message().contains("500: injected in this test"))
                .anyMatch(c -> c.type().equals("BucketsEncrypted") && c.status().equals("True"));
        ENVIRONMENT.aws().disableKey(key);
        team.awaitWorkgroup("orders", "the key is disabled", s -> has(s, "KeysUsable", "KeyDisabled"));
        ENVIRONMENT.aws().enableKey(key);

        proxy.fault(request -> OptionalInt.empty());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @Test
    void eventsThatCannotBeWrittenHideNothing() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        failing("POST", "/events");
        team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        ENVIRONMENT.aws().disableKey(key);
        team.awaitWorkgroup("orders", "the key is disabled", s -> has(s, "KeysUsable", "KeyDisabled"));
    }

    @Test
    void aWorkgroupThatCannotBeReadPastTheCacheHidesNothingOfItsReplicaCmek() {
        String west = ENVIRONMENT.aws().createKey(SECONDARY_REGION);
        team.apply(workgroup("orders", ENVIRONMENT.aws().createKey(REGION), team.namespace() + "-data")
                .replicating()
                .toString());
        team.apply(replica("west", "orders", west, team.namespace() + "-west").toString());
        team.awaitReplica("west", EncryptionState.ENABLED);
        failing("GET", "/workgroups/orders");

        ENVIRONMENT.aws().disableKey(west);
        team.awaitReplica("west", "the key is disabled", s -> has(s, "KeysUsable", "KeyDisabled"));
        ENVIRONMENT.aws().enableKey(west);
        team.awaitReplica("west", EncryptionState.ENABLED);

        team.kubectl("delete", "rcmek", "west", "--wait=false").orThrow();
        team.awaitReplica(
                "west",
                "it cannot tell whether it may go",
                s -> s.conditions().stream()
                        .anyMatch(c -> c.type().equals("Deletable")
                                && c.status().equals("Unknown")
                                && c.message().contains("injected in this test")));
        proxy.fault(request -> OptionalInt.empty());
        Awaitility.await("it goes").atMost(java.time.Duration.ofSeconds(60)).until(() -> team.replica("west") == null);
    }

    @Test
    void aReplicaCmekThatCannotBeReadPastTheCacheHidesNothingOfItsWorkgroup() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        proxy.fault(
                request -> request.method().equals("GET") && request.path().endsWith(team.namespace() + "/replicacmeks")
                        ? OptionalInt.of(503)
                        : OptionalInt.empty());
        team.apply(workgroup("orders", key, team.namespace() + "-data")
                .replicating()
                .toString());
        team.apply(replica("west", "orders", ENVIRONMENT.aws().createKey(SECONDARY_REGION), team.namespace() + "-west")
                .toString());

        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        ENVIRONMENT.aws().disableKey(key);
        WorkgroupStatus reported =
                team.awaitWorkgroup("orders", "the key is disabled", s -> has(s, "KeysUsable", "KeyDisabled"));
        assertThat(reported.replication() == null || reported.replication().secondary() == null)
                .as("nothing is recorded on an old view")
                .isTrue();
        ENVIRONMENT.aws().enableKey(key);

        proxy.fault(request -> OptionalInt.empty());
        team.awaitReplica("west", EncryptionState.ENABLED);
    }

    @Test
    void statusesThatAreRefusedAreCountedAndWrittenAfterwards() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(served("cmek_status_writes_total", "written")).isPositive();
        double before = served("cmek_status_writes_total", "refused");

        proxy.fault(
                request -> request.method().equals("PATCH") && request.path().endsWith("/status")
                        ? OptionalInt.of(422)
                        : OptionalInt.empty());
        ENVIRONMENT.aws().disableKey(key);
        Awaitility.await("it is tried again and again")
                .atMost(java.time.Duration.ofSeconds(60))
                .until(() -> served("cmek_status_writes_total", "refused") >= before + 3);
        assertThat(operator.log()
                        .lines()
                        .filter(line -> line.contains(team.namespace() + "/orders")
                                && line.contains("the write of its status failed")))
                .as("one line for all of them")
                .hasSize(1);
        assertThat(operator.get("/q/health").statusCode()).isEqualTo(200);

        proxy.fault(request -> OptionalInt.empty());
        team.awaitReason("orders", "KeysUsable", "KeyDisabled");
        ENVIRONMENT.aws().enableKey(key);
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    /** The port opens when the caches are filled: so there is nothing that could be ready before. */
    @Test
    void nothingIsReadyWhileACacheIsNotFilled() {
        operator.close();
        proxy.fault(request -> request.method().equals("GET") && request.path().endsWith("/replicacmeks")
                ? OptionalInt.of(500)
                : OptionalInt.empty());
        operator = launch();
        Awaitility.await("it starts")
                .atMost(java.time.Duration.ofSeconds(60))
                .until(() -> operator.log().contains("serves the tenants"));
        Awaitility.await()
                .during(java.time.Duration.ofSeconds(4))
                .atMost(java.time.Duration.ofSeconds(10))
                .until(() -> !operator.log().contains("Listening on"));

        proxy.fault(request -> OptionalInt.empty());
        operator.awaitReady();
    }

    private double served(String metric, String result) {
        return Exposition.parse(operator.get("/q/metrics").body())
                .values(metric, Map.of("result", result))
                .mapToDouble(value -> value)
                .sum();
    }

    private void failing(String method, String end) {
        proxy.fault(request -> request.method().equals(method) && request.path().endsWith(end)
                ? OptionalInt.of(500)
                : OptionalInt.empty());
    }
}
