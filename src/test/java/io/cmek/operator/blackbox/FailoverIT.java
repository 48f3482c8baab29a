package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.condition;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.AwsProxy.Injected;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The service moves to the secondary region and back. {@code FailoverReady} says whether it can; nothing about CMEK changes. */
class FailoverIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().with("CMEK_FACTS_MAX_AGE", "3s");

    private LocalAws aws;
    private TestNamespace team;
    private String primary;
    private String primaryBackup;
    private String secondary;
    private String secondaryBackup;
    private Map<String, String> before;
    private List<String> writes;

    @BeforeEach
    void replicate() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        primary = aws.createKey(REGION);
        primaryBackup = aws.createKey(REGION);
        secondary = aws.createKey(SECONDARY_REGION);
        secondaryBackup = aws.createKey(SECONDARY_REGION);
        applyAll("orders", "billing");
        awaitFailover("True", "SecondaryReady");
        team.awaitWorkgroup("orders", "everything is ready", s -> has(s, "Ready", "Ready"));
        before = cmek();
        writes = writes();
    }

    @AfterEach
    void nothingAboutCmekHasChanged() {
        assertThat(cmek()).isEqualTo(before);
        assertThat(writes()).as("writes to AWS").isEqualTo(writes);
    }

    /** Of AWS, since the class began. */
    private List<String> writes() {
        return ENVIRONMENT.proxy().writesAbout(ours());
    }

    private List<String> ours() {
        return List.of(primary, primaryBackup, secondary, secondaryBackup, team.namespace() + "-");
    }

    @SideBySide
    @Test
    void databasesComeAndGoWithAFailoverAndAFailback() {
        for (List<String> databases : List.of(
                List.of("billing"),
                List.of("crm", "orders", "billing"),
                List.<String>of(),
                List.of("orders", "billing"))) {
            applyAll(databases.toArray(String[]::new));
            team.awaitWorkgroup(
                    "orders",
                    databases + " are admitted",
                    s -> s.replication().admitted().equals(databases));
        }
        awaitFailover("True", "SecondaryReady");

        // CMEK cannot be turned round with it: what is the primary's stays the primary's.
        assertRefused(
                workgroup(
                                "orders",
                                secondary,
                                team.namespace() + "-data",
                                secondaryBackup,
                                team.namespace() + "-backup")
                        .toString()
                        .replace("region: " + REGION, "region: " + SECONDARY_REGION),
                "region is fixed when the workgroup is created");
        assertRefused(
                west(primary).replace("region: " + SECONDARY_REGION, "region: " + REGION),
                "region is fixed when the ReplicaCmek is created");
        assertRefused(west(secondaryBackup), "dataBucketKeyID cannot be changed");
    }

    @SideBySide
    @Test
    void whenThePrimarysKeyIsLostTheSecondaryCanTakeOver() {
        aws.disableKey(primary);
        team.awaitWorkgroup("orders", EncryptionState.DEGRADED);
        // What replicates needs the primary's key, so nothing new does.
        Condition replication = team.awaitReason("orders", "ReplicationAllowed", "SecondaryNotReady");
        assertThat(replication.message()).contains(primary, "is disabled");
        awaitFailover("True", "SecondaryReady");

        applyAll("orders", "billing", "crm");
        WorkgroupStatus status = team.awaitWorkgroup(
                "orders", "crm waits", s -> s.replication().blocked().size() == 1);
        assertThat(status.replication().admitted()).containsExactly("orders", "billing");
        assertThat(condition(status, "FailoverReady").status()).isEqualTo("True");
        applyAll("orders", "billing");

        aws.enableKey(primary);
        team.awaitWorkgroup("orders", "everything is ready", s -> has(s, "Ready", "Ready"));
    }

    @SideBySide
    @Test
    void whenThePrimaryRegionIsAwayTheSecondaryCanTakeOverInjected() {
        Injected fault = ENVIRONMENT.proxy().inject(Fault.status(503).in(REGION).about(ours()));
        team.awaitWorkgroup(
                "orders",
                "the primary's keys were not seen for too long",
                s -> condition(s, "KeysUsable").status().equals("Unknown"));
        awaitFailover("True", "SecondaryReady");
        applyAll("orders", "billing");

        fault.close();
        team.awaitWorkgroup("orders", "everything is ready", s -> has(s, "Ready", "Ready"));
    }

    @SideBySide
    @Test
    void whenAKeyOfTheSecondaryIsLostItCannot() {
        for (String key : List.of(secondary, secondaryBackup)) {
            aws.disableKey(key);
            Condition failover = awaitFailover("False", "SecondaryNotReady");
            assertThat(failover.message()).contains("cannot run in us-west-2 right now", key);
            assertThat(team.workgroup("orders").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);
            applyAll("orders", "billing");

            aws.enableKey(key);
            awaitFailover("True", "SecondaryReady");
        }
    }

    @SideBySide
    @Test
    void whenTheSecondaryRegionIsAwayItCannotInjected() {
        Injected fault = ENVIRONMENT
                .proxy()
                .inject(Fault.status(503).in(SECONDARY_REGION).about(ours()));
        Condition failover = awaitFailover("False", "SecondaryNotReady");
        assertThat(failover.message()).contains("could not be read");

        fault.close();
        awaitFailover("True", "SecondaryReady");
    }

    /** A failover of the keys themselves: for some seconds, both are {@code Updating}, and KMS goes on encrypting and decrypting with them. */
    @SideBySide
    @Test
    void whileThePrimaryRegionOfTheKeyIsChangedAllIsReadyInjected() {
        TestNamespace pair = ENVIRONMENT.team();
        String name = pair.namespace();
        String one = aws.createKey(REGION, r -> r.multiRegion(true));
        String other = aws.replicateKey(one, SECONDARY_REGION);
        pair.apply(workgroup("orders", one, name + "-data").replicating("orders") + "---\n"
                + replica("west", "orders", other, name + "-west"));
        pair.awaitWorkgroup("orders", "everything is ready", s -> has(s, "Ready", "Ready"));
        pair.awaitReplica("west", "everything is ready", s -> has(s, "Ready", "Ready"));
        pair.awaitReason("orders", "FailoverReady", "SecondaryReady");
        // An Event is written after the status.
        await("each has its Event")
                .until(() -> pair.events().stream()
                                .filter(event -> event.getReason().equals("EncryptionEnabled"))
                                .count()
                        == 2);
        Map<String, Integer> reported = events(pair);

        try (Statuses<WorkgroupStatus> primaries = pair.statuses(Workgroup.class);
                Statuses<ReplicaCmekStatus> replicas = pair.statuses(ReplicaCmek.class)) {
            Injected updating = ENVIRONMENT.proxy().inject(Fault.keyState("Updating", Set.of(one, other)));
            pair.awaitWorkgroup("orders", "its key is being updated", s -> isSeen(s, "Updating"));
            pair.awaitReplica("west", "both its keys are being updated", s -> isSeen(s, "Updating"));
            ENVIRONMENT.proxy().awaitMoreAbout(List.of(one, other), "kms:DescribeKey", 3, Duration.ofMinutes(1));
            updating.close();
            pair.awaitWorkgroup("orders", "its key is enabled", s -> isSeen(s, "Enabled"));
            pair.awaitReplica("west", "both its keys are enabled", s -> isSeen(s, "Enabled"));

            for (CmekStatus status : allOf(primaries.of("orders"), replicas.of("west"))) {
                assertThat(status.encryption()).isEqualTo(EncryptionState.ENABLED);
                assertThat(status.keys()).extracting(KeyStatus::state).containsOnly(KeyEncryptionState.ENABLED);
                assertThat(status.conditions())
                        .allMatch(c -> c.status().equals("True"), "is true")
                        .noneMatch(c -> c.message().contains("Affected"), "says that something is affected");
            }
            assertThat(primaries.of("orders")).allMatch(s -> has(s, "FailoverReady", "SecondaryReady"));
        }
        assertThat(events(pair)).as("Events").isEqualTo(reported);
    }

    // -- the means

    private static boolean isSeen(CmekStatus status, String keyState) {
        return status.keys().stream().allMatch(line -> line.keyState().equals(keyState));
    }

    private static List<CmekStatus> allOf(List<? extends CmekStatus> some, List<? extends CmekStatus> others) {
        var all = new ArrayList<CmekStatus>(some);
        all.addAll(others);
        return all;
    }

    /** How often each was reported. */
    private static Map<String, Integer> events(TestNamespace team) {
        return ENVIRONMENT
                .installation()
                .client()
                .resources(Event.class)
                .inNamespace(team.namespace())
                .list()
                .getItems()
                .stream()
                .collect(Collectors.toMap(
                        e -> e.getMetadata().getName(),
                        e -> e.getSeries() == null ? 1 : e.getSeries().getCount()));
    }

    private Condition awaitFailover(String status, String reason) {
        WorkgroupStatus now = team.awaitWorkgroup(
                "orders",
                "FailoverReady is " + status + ", " + reason,
                s -> has(s, "FailoverReady", reason)
                        && condition(s, "FailoverReady").status().equals(status));
        return condition(now, "FailoverReady");
    }

    private void applyAll(String... databases) {
        String name = team.namespace();
        team.apply(workgroup("orders", primary, name + "-data", primaryBackup, name + "-backup")
                        .replicating(databases)
                + "---\n" + west(secondary));
    }

    private String west(String dataKey) {
        String name = team.namespace();
        return replica("west", "orders", dataKey, name + "-west", secondaryBackup, name + "-west-backup")
                .toString();
    }

    private void assertRefused(String manifest, String words) {
        var said = ENVIRONMENT.installation().apply(team.namespace(), manifest);
        assertThat(said.isDone()).isFalse();
        assertThat(said.errors()).contains(words);
    }

    /** All that CMEK is: the keys that are named, their policies, the encryption of the buckets. */
    private Map<String, String> cmek() {
        var cmek = new TreeMap<String, String>();
        cmek.put("workgroup", String.valueOf(team.workgroup("orders").getSpec().cmek()));
        cmek.put(
                "record",
                String.valueOf(
                        team.workgroup("orders").getStatus().replication().secondary()));
        cmek.put("secondary", String.valueOf(team.replica("west").getSpec()));
        for (String key : List.of(primary, primaryBackup, secondary, secondaryBackup)) {
            cmek.put(key, aws.policy(key).toString());
        }
        for (String bucket : List.of("data", "backup")) {
            String name = team.namespace();
            cmek.put(bucket, String.valueOf(aws.encryption(REGION, name + "-" + bucket)));
        }
        for (String bucket : List.of("west", "west-backup")) {
            String name = team.namespace();
            cmek.put(bucket, String.valueOf(aws.encryption(SECONDARY_REGION, name + "-" + bucket)));
        }
        return cmek;
    }
}
