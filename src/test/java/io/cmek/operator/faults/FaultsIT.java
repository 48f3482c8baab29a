package io.cmek.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.Alone;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.AwsProxy.Exchange;
import io.cmek.operator.testing.AwsProxy.Injected;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.Fault.Refusal;
import io.cmek.operator.testing.LocalControlPlane;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.SkewedClock;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What AWS, the network and the cluster do to the operator: to workgroups that were ENABLED before, and to some that come meanwhile. After
 * each, all is as it should be, and nothing was written that was not needed.
 */
class FaultsIT {

    /** What takes too long for every run of the tests: {@code make soak}. */
    static final String SOAK = "soak";

    private static final int WORKGROUPS = 5;
    private static final Duration MAX_AGE = Duration.ofSeconds(4);

    /** Long enough for what is known to be out of date, and for several polls. */
    private static final Duration A_WHILE = MAX_AGE.plusSeconds(8);

    private final List<Injected> faults = new ArrayList<>();

    private static final SkewedClock CLOCK = SkewedClock.create();

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension()
            .withOwnEnvironment()
            .with(CLOCK)
            .with("CMEK_RESYNC_INTERVAL", "1s")
            .with("CMEK_BUCKET_RESYNC_INTERVAL", "1s")
            .with("CMEK_FACTS_MAX_AGE", MAX_AGE.toSeconds() + "s");

    @BeforeAll
    static void record() {
        ENVIRONMENT.proxy().record();
    }

    @AfterEach
    void heal() {
        faults.forEach(Injected::close);
        CLOCK.set(Duration.ZERO);
    }

    /** Until the end of the test. */
    private void inject(Fault fault) {
        faults.add(ENVIRONMENT.proxy().inject(fault));
    }

    // -- AWS

    @SideBySide
    @Test
    void thirtyPercentThrottling() throws Exception {
        survives(
                "30 % of all calls throttled",
                Fault.refusing(Refusal.THROTTLED).percent(30), run -> Thread.sleep(MAX_AGE));
    }

    @SideBySide
    @Test
    void aStormOfServerErrors() throws Exception {
        survives("every call answered with 500", Fault.status(500), run -> run.awaitUnknown("AwsUnavailable"));
    }

    /** What is asked is done, but the response is lost: the operator reads before it writes again. */
    @SideBySide
    @Test
    @Tag(SOAK)
    void answersThatComeAfterTenSeconds() throws Exception {
        survives(
                "every answer 10 s late",
                Fault.late(Duration.ofSeconds(10)),
                run -> run.awaitUnknown("AwsUnavailable"));
    }

    @SideBySide
    @Test
    @Tag(SOAK)
    void someAnswersThatComeAfterTenSeconds() throws Exception {
        survives(
                "one answer of five 10 s late",
                Fault.late(Duration.ofSeconds(10)).percent(20),
                run -> Thread.sleep(A_WHILE));
    }

    @SideBySide
    @Test
    void connectionsThatAreCut() throws Exception {
        survives("30 % of all connections cut", Fault.cut().percent(30), run -> Thread.sleep(A_WHILE));
    }

    /** An hour, if polls were a minute apart. */
    @SideBySide
    @Test
    @Tag(SOAK)
    void denial() throws Exception {
        survives("every call denied", Fault.refusing(Refusal.DENIED), run -> {
            run.awaitUnknown("AccessDenied");
            Thread.sleep(Duration.ofSeconds(20));
        });
    }

    @Alone
    @Test
    void credentialsThatExpireAreRenewedAndNobodyNotices() throws Exception {
        FaultRun run = new FaultRun("all sessions expired").began();
        Set<String> expired = ENVIRONMENT.proxy().tokens();
        try (Statuses<WorkgroupStatus> statuses = run.before.team().statuses(Workgroup.class)) {
            inject(Fault.expired(expired));
            run.more();
            run.meanwhile.awaitEnabled();
            assertThat(ENVIRONMENT.proxy().tokens()).hasSizeGreaterThan(expired.size());
            assertThat(statuses.of("wg-0"))
                    .isNotEmpty()
                    .extracting(WorkgroupStatus::encryption)
                    .containsOnly(EncryptionState.ENABLED);
        }
        run.assertSurvived(1);
    }

    /** Far more hangs than is asked at once. */
    @SideBySide
    @Test
    @Tag(SOAK)
    void aRegionThatHangsHoldsUpNobodyElse() throws Exception {
        int many = 20;
        FaultScenario hung = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.SECONDARY_REGION, many);
        FaultRun run = new FaultRun("another region hangs").began();
        inject(Fault.hanging().in(OperatorTestExtension.SECONDARY_REGION));
        hung.apply();
        for (int i = 0; i < many; i++) {
            hung.team().awaitReason("wg-" + i, "KeysUsable", "AwsUnavailable");
        }
        run.more();
        run.assertSurvived(1);
        assertThat(hung.team().workgroup("wg-0").getStatus().encryption()).isEqualTo(EncryptionState.PENDING);
        heal();
        hung.awaitEnabled().assertRight();
        hung.cleanUp();
    }

    // -- the cluster

    @Alone
    @Test
    void theApiServerStopsAndStarts() throws Exception {
        stopsAndStarts("kube-apiserver");
    }

    @Alone
    @Test
    @Tag(SOAK)
    void etcdStopsAndStarts() throws Exception {
        stopsAndStarts("etcd");
    }

    private static void stopsAndStarts(String program) throws Exception {
        assumeTrue(
                ENVIRONMENT.installation().cluster() instanceof LocalControlPlane,
                "only of the local control plane can a part be stopped");
        var cluster = (LocalControlPlane) ENVIRONMENT.installation().cluster();
        FaultRun run = new FaultRun("%s stopped".formatted(program)).began();
        run.more();
        cluster.stop(program);
        try {
            Thread.sleep(A_WHILE);
        } finally {
            cluster.start(program);
        }
        Awaitility.await("the API server answers")
                .atMost(Duration.ofSeconds(120))
                .ignoreExceptions()
                .until(() -> !cluster.client().namespaces().list().getItems().isEmpty());
        run.assertSurvived(1);
        assertThat(ENVIRONMENT.operator().get("/q/health/ready").statusCode()).isEqualTo(200);
    }

    /** Two processes of one installation that both believe to be alone, as after a split of the network. */
    @Alone
    @Test
    @Tag(SOAK)
    void twoLeadersAtOnce() throws Exception {
        FaultRun run = new FaultRun("two leaders at once").began();
        try (OperatorProcess second = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            run.more();
            // Both may have read a policy before either has written it.
            run.assertSurvived(2);
        }
    }

    // -- the node

    /** As NTP does, or somebody: what is asked meanwhile is signed with a time that AWS does not accept. */
    @Alone
    @Test
    void theClockIsTwoDaysAheadAndRightAgain() throws Exception {
        clockIsSet(Duration.ofDays(2));
        clockIsSet(Duration.ZERO);
    }

    @Alone
    @Test
    @Tag(SOAK)
    void theClockIsAnHourBehindAndRightAgain() throws Exception {
        clockIsSet(Duration.ofHours(-1));
        clockIsSet(Duration.ZERO);
    }

    private static void clockIsSet(Duration ahead) throws Exception {
        FaultRun run = new FaultRun("clock set to %+d h".formatted(ahead.toHours())).began();
        CLOCK.set(ahead);
        run.more();
        run.assertFollowed();
        run.assertSurvived(1);
    }

    // --

    /** How long a fault lasts. */
    private interface Until {
        void isOver(FaultRun run) throws InterruptedException;
    }

    private void survives(String what, Fault fault, Until until) throws InterruptedException {
        FaultRun run = new FaultRun(what).began();
        inject(fault.about(run.names()));
        run.more();
        until.isOver(run);
        heal();
        run.assertSurvived(1);
    }

    /** Workgroups from before, and those that come while it happens. */
    private static final class FaultRun {

        private final String what;
        private final FaultScenario before = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, WORKGROUPS);
        private final FaultScenario meanwhile = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, WORKGROUPS);
        private long began;

        FaultRun(String what) {
            this.what = what;
        }

        FaultRun began() {
            before.apply().awaitEnabled();
            stabilize(before);
            began = System.nanoTime();
            return this;
        }

        List<String> names() {
            return Stream.of(before, meanwhile)
                    .flatMap(scenario -> scenario.names().stream())
                    .toList();
        }

        void more() {
            meanwhile.apply();
        }

        /** Neither those that were ENABLED nor the others are said to be what nobody has seen for too long. */
        void awaitUnknown(String reason) {
            for (FaultScenario scenario : List.of(before, meanwhile)) {
                scenario.team()
                        .awaitWorkgroup(
                                "wg-0",
                                "not ENABLED for " + reason,
                                s -> s.encryption() != EncryptionState.ENABLED
                                        && TestNamespace.has(s, "KeysUsable", reason));
            }
        }

        /** What becomes of a key is still seen. */
        void assertFollowed() {
            String key = before.dataKeys().getFirst();
            ENVIRONMENT.aws().disableKey(key);
            before.team().awaitWorkgroup("wg-0", EncryptionState.DEGRADED);
            ENVIRONMENT.aws().enableKey(key);
            before.team().awaitWorkgroup("wg-0", EncryptionState.ENABLED);
        }

        /** @param writes of one key that was not written before, at most */
        void assertSurvived(int writes) {
            before.awaitEnabled();
            meanwhile.awaitEnabled();
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            stabilize(before, meanwhile);
            List<Exchange> recorded = ENVIRONMENT.proxy().recorded().stream()
                    .filter(exchange -> exchange.begin() >= began)
                    .filter(exchange ->
                            names().stream().anyMatch(exchange.request().subject()::startsWith))
                    .toList();
            before.assertRight();
            meanwhile.assertRight();
            assertThat(before.writesOfKeys(recorded))
                    .as("writes of keys that were as they should be")
                    .containsOnly(0L);
            assertThat(meanwhile.writesOfKeys(recorded))
                    .as("writes of keys")
                    .allSatisfy(n -> assertThat(n).isBetween(1L, (long) writes));
            assertThat(before.writesOfBuckets(recorded, "s3:PutBucketEncryption"))
                    .isEmpty();
            assertNothingMore();
            before.cleanUp();
            meanwhile.cleanUp();
            System.out.printf(
                    "| %s | %.0f s | %d | %d |%n",
                    what,
                    took.toMillis() / 1000.0,
                    recorded.size(),
                    Stream.of(before, meanwhile)
                            .flatMap(scenario -> scenario.writesOfKeys(recorded).stream())
                            .mapToLong(Long::longValue)
                            .sum());
        }

        private void assertNothingMore() {
            List<String> writes = ENVIRONMENT.proxy().writesAbout(names());
            long mark = ENVIRONMENT.audit().mark();
            stabilize(before, meanwhile);
            assertThat(ENVIRONMENT.proxy().writesAbout(names()))
                    .as("writes to AWS when all is right again")
                    .isEqualTo(writes);
            assertThat(ENVIRONMENT.audit().ofOperatorSince(mark))
                    .as("writes to the API server when all is right again")
                    .filteredOn(AuditLog.Request::isWrite)
                    .filteredOn(write -> Stream.of(before, meanwhile)
                            .anyMatch(scenario ->
                                    write.name().startsWith(scenario.team().namespace() + "/")))
                    .isEmpty();
        }

        /** Every key is read twice more. */
        private static void stabilize(FaultScenario... scenarios) {
            ENVIRONMENT
                    .proxy()
                    .awaitMoreAbout(
                            Stream.of(scenarios)
                                    .flatMap(scenario -> scenario.keys().stream())
                                    .toList(),
                            "kms:GetKeyPolicy",
                            2,
                            Duration.ofSeconds(120));
        }
    }
}
