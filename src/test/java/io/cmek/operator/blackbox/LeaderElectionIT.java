package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.AwsProxy;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two processes of one installation: one works, the other stands by and takes over. */
class LeaderElectionIT {

    private static final String LEADS = "This process is the leader: it holds the Lease cmek-operator-default";
    private static final Map<String, String> ELECTING = Map.of("CMEK_LEADER_ELECTION_ENABLED", "true");
    private static final Duration LEASE = Duration.ofSeconds(15);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    /** Who leads next does not wait for the Lease of an earlier test to expire. */
    @BeforeEach
    void releaseLease() {
        ENVIRONMENT
                .installation()
                .client()
                .leases()
                .inNamespace(Installation.NAMESPACE)
                .delete();
    }

    @Test
    void aStandbyIsReadyAndAsksAwsNothing() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        TestNamespace team = ENVIRONMENT.team();
        try (OperatorProcess leader = leader();
                AwsProxy standbysAws = AwsProxy.before(ENVIRONMENT.aws().endpoint());
                OperatorProcess standby = ENVIRONMENT
                        .launch(Map.of(
                                "CMEK_LEADER_ELECTION_ENABLED",
                                "true",
                                "AWS_ENDPOINT_URL",
                                standbysAws.endpoint().toString()))
                        .awaitReady()) {
            team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            // The metrics are counted every 10 s, and statuses are compared every 5 s.
            await().pollDelay(Duration.ofSeconds(12))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> true);

            assertThat(standby.log()).doesNotContain(LEADS);
            assertThat(standbysAws.counts()).isEmpty();
            assertThat(standby.get("/q/health/ready").statusCode()).isEqualTo(200);
            assertThat(standby.get("/q/health/live").statusCode()).isEqualTo(200);
            assertThat(leader.get("/q/metrics").body())
                    .containsPattern("cmek_keys\\{[^}]*state=\"Enabled\"[^}]*} [1-9]");
            assertThat(standby.get("/q/metrics").body())
                    .as("a standby counts nothing, or sums over the pods would be wrong")
                    .doesNotContainPattern("(?m)^cmek_(keys|resources)\\{[^}]*} [1-9]")
                    .containsPattern("(?m)^cmek_leader 0");
            assertThat(leader.get("/q/metrics").body()).containsPattern("(?m)^cmek_leader 1");
        }
    }

    @Test
    void aStopInGoodOrderHandsOverBeforeTheLeaseExpires() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        TestNamespace team = ENVIRONMENT.team();
        OperatorProcess first = leader();
        try (OperatorProcess second = ENVIRONMENT.launch(ELECTING).awaitReady()) {
            team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            try (Statuses<WorkgroupStatus> statuses = team.statuses(Workgroup.class)) {
                Instant stopped = Instant.now();
                first.close();
                awaitLeading(second, LEASE.minusSeconds(5));
                System.out.println("Handed over " + Duration.between(stopped, Instant.now()) + " after SIGTERM");
                await().pollDelay(Duration.ofSeconds(6)).until(() -> true);

                assertThat(statuses.of("orders"))
                        .as("statuses of a rolling upgrade")
                        .isNotEmpty()
                        .extracting(WorkgroupStatus::encryption)
                        .containsOnly(EncryptionState.ENABLED);
            }
            ENVIRONMENT.aws().kms(REGION).disableKey(r -> r.keyId(key));
            team.awaitWorkgroup("orders", EncryptionState.DEGRADED);
        } finally {
            first.close();
        }
    }

    @Test
    void aLeaderThatIsKilledIsFollowedWhenItsLeaseExpires() {
        String key = ENVIRONMENT.aws().createKey(REGION);
        TestNamespace team = ENVIRONMENT.team();
        OperatorProcess first = leader();
        try (OperatorProcess second = ENVIRONMENT.launch(ELECTING).awaitReady()) {
            Instant killed = Instant.now();
            first.kill();
            team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
            awaitLeading(second, LEASE.plusSeconds(15));
            System.out.println("Took over " + Duration.between(killed, Instant.now()) + " after SIGKILL");

            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        } finally {
            first.close();
        }
    }

    @Test
    void whoLosesTheLeaseEnds() {
        try (OperatorProcess leader = leader()) {
            ENVIRONMENT
                    .installation()
                    .kubectl()
                    .must(
                            "patch",
                            "lease",
                            "cmek-operator-default",
                            "-n",
                            "cmek-system",
                            "--type=merge",
                            "-p",
                            "{\"spec\":{\"holderIdentity\":\"somebody-else\"}}");

            assertThat(leader.awaitEnd(Duration.ofSeconds(10))).isEqualTo(1);
            assertThat(leader.log()).contains("This process lost the Lease cmek-operator-default and exits");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "CMEK_SELECTOR | neither label nor value | unable to parse requirement",
                "CMEK_INSTALLATION_ID | prod-east | cmek.installation-id is 'prod-east'; expected 1 to 32 letters and digits.",
                "CMEK_RESYNC_INTERVAL | 0 | cmek.resync-interval is '0ms'; expected 1s or more.",
            })
    void aSettingThatMakesNoSenseStopsTheStart(String variable, String value, String words) {
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of(variable, value))) {
            assertThat(operator.awaitEnd(Duration.ofSeconds(60))).isNotZero();
            assertThat(operator.log()).contains(words);
        }
    }

    private static OperatorProcess leader() {
        OperatorProcess operator = ENVIRONMENT.launch(ELECTING).awaitReady();
        awaitLeading(operator, LEASE.plusSeconds(15));
        return operator;
    }

    private static void awaitLeading(OperatorProcess operator, Duration atMost) {
        await("it leads")
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> operator.log().contains(LEADS));
    }
}
