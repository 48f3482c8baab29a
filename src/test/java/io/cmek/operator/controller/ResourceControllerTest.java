package io.cmek.operator.controller;

import static io.cmek.operator.controller.CoreWorld.id;
import static io.cmek.operator.controller.CoreWorld.replicaId;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.FakeAws;
import io.cmek.operator.awscontrol.FakeKms;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceControllerTest {

    private static final ResourceRef ORDERS = id("orders");
    private static final Duration SOON = Duration.ofSeconds(10);

    private final CoreWorld world = new CoreWorld();
    private final KeyArn key = world.newKey(1);

    private void enabled() {
        if (world.processes.isEmpty()) {
            world.start();
        }
        world.create("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
    }

    private void refreshKey() {
        world.process().controllers.refresh(new AwsItem.Key(key));
        world.stabilize();
    }

    private Condition condition(String type) {
        return world.condition(ORDERS, type);
    }

    private CmekStatus status() {
        return Objects.requireNonNull(world.status(ORDERS));
    }

    @Test
    void theFirstStatusDoesNotWaitForAws() {
        world.aws.fail("", FakeAws.Trouble.TIMES_OUT);
        world.start();
        world.create("orders", key);

        world.advance(Duration.ofSeconds(1));

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.PENDING);
        assertThat(condition("KeysUsable").message()).contains("Waiting for the first response from AWS");
        assertThat(condition("Ready").status()).isEqualTo("Unknown");
    }

    @Test
    void aWorkgroupBecomesEnabledByTwoWritesOfItsStatus() {
        enabled();

        assertThat(world.gives(key)).isTrue();
        assertThat(world.s3.bucket("orders-data").encryption().kmsKeyId()).isEqualTo(key.toString());
        assertThat(world.hasClass("orders")).isTrue();
        assertThat(status().storageClassName()).isEqualTo(CoreWorld.classOf("orders"));
        assertThat(world.writesTo("orders")).isEqualTo(2);
        assertThat(world.cluster.find(ORDERS).orElseThrow().getMetadata().getFinalizers())
                .containsExactly(ClusterApi.FINALIZER);
    }

    @Test
    void anUnchangedWorldCostsNoWrite() {
        enabled();
        int policies = world.aws.count("kms:PutKeyPolicy");
        world.cluster.requests.clear();

        world.advance(Duration.ofHours(1));

        assertThat(world.cluster.requests).isEmpty();
        assertThat(world.aws.count("kms:PutKeyPolicy")).isEqualTo(policies);
        assertThat(world.aws.count("kms:DescribeKey")).isGreaterThan(50);
    }

    @Test
    void aKeyThatIsDisabledDegradesAndRecovers() {
        enabled();

        world.kms.state(key, "Disabled");
        world.advance(CoreWorld.POLL.plus(SOON));

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
        assertThat(condition("KeysUsable").reason()).isEqualTo("KeyDisabled");
        assertThat(condition("Ready").message()).contains("volumes");
        assertThat(world.eventsAbout(ORDERS)).anyMatch(e -> e.startsWith("KeyDisabled"));

        world.kms.state(key, "Enabled");
        world.advance(CoreWorld.POLL.plus(SOON));

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        assertThat(condition("Ready").status()).isEqualTo("True");
    }

    @Test
    void inPublishModeNothingIsWrittenAndThePolicyOfTheOwnerEnables() {
        Workgroup workgroup = CoreWorld.workgroup("orders", key);
        workgroup.setSpec(CoreWorld.publish(workgroup.getSpec()));
        world.start();
        world.cluster.create(workgroup);

        world.advance(Duration.ofMinutes(2));

        assertThat(world.aws.count("kms:PutKeyPolicy")).isZero();
        assertThat(condition("PolicyApplied").reason()).isEqualTo("PolicyNotApplied");
        assertThat(world.s3.bucket("orders-data")).isNull();

        world.kms.put(
                key, FakeKms.document(FakeKms.ROOT, status().keys().getFirst().suggestedPolicy()));
        world.advance(CoreWorld.POLL.plus(SOON));

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        assertThat(world.aws.count("kms:PutKeyPolicy")).isZero();
    }

    @Test
    void withoutItsFinalizerNothingIsWrittenForAResource() {
        world.cluster.fail(FakeCluster.ADD_FINALIZER, FakeCluster.Trouble.of(403));
        world.start();
        world.create("orders", key);

        world.advance(Duration.ofMinutes(2));

        assertThat(world.aws.calls())
                .noneMatch(call ->
                        call.operation().contains(":Put") || call.operation().contains(":Create"));
        assertThat(world.hasClass("orders")).isFalse();
        assertThat(condition("PolicyApplied").message())
                .contains("Nothing is written")
                .contains(ClusterApi.FINALIZER)
                .contains("403");

        world.cluster.heal();
        world.until(() -> world.isEnabled(ORDERS), Duration.ofSeconds(15));
        assertThat(condition("PolicyApplied").status()).isEqualTo("True");
    }

    @Test
    void oneThatRetainsGoesWithItsStorageClassAndLeavesThePolicy() {
        enabled();

        world.cluster.delete(ORDERS);
        world.stabilize();

        assertThat(world.exists(ORDERS)).isFalse();
        assertThat(world.hasClass("orders")).isFalse();
        assertThat(world.gives(key)).isTrue();
    }

    @Test
    void oneThatReleasesGoesWhenItsAccessIsTakenBack() {
        enabled();
        world.cluster.edit(ORDERS, CoreWorld::release);
        world.stabilize();
        world.aws.fail("kms:PutKeyPolicy", FakeAws.Trouble.DENIED);

        world.cluster.delete(ORDERS);
        world.advance(SOON);

        assertThat(world.exists(ORDERS)).isTrue();
        assertThat(condition("Deletable").message()).contains("the key policies no longer grant its access");
        assertThat(condition("PolicyApplied").reason()).isEqualTo("WriteDenied");
        assertThat(world.hasClass("orders")).isTrue();

        world.aws.heal();
        world.advance(Duration.ofMinutes(2));

        assertThat(world.exists(ORDERS)).isFalse();
        assertThat(world.hasClass("orders")).isFalse();
        assertThat(world.kms.policy(key)).doesNotContain("CmekOperator");
    }

    @Test
    void aStorageClassThatCannotBeDeletedKeepsTheResource() {
        enabled();
        world.cluster.fail(FakeCluster.DELETE_CLASS, FakeCluster.Trouble.of(403));

        world.cluster.delete(ORDERS);
        world.advance(Duration.ofSeconds(30));

        assertThat(world.exists(ORDERS)).isTrue();
        assertThat(condition("Deletable").message())
                .contains("when its StorageClass is deleted")
                .contains("403");

        world.cluster.heal();
        world.until(() -> !world.exists(ORDERS), Duration.ofMinutes(2));
        assertThat(world.hasClass("orders")).isFalse();
    }

    @Test
    void aWorkgroupIsHeldByItsReplicaCmek() {
        KeyArn west = CoreWorld.key("us-west-2", 2);
        world.kms.make(west);
        enabled();
        world.cluster.edit(ORDERS, spec -> CoreWorld.replicating(CoreWorld.release(spec), "us-west-2", "sales"));
        world.cluster.create(CoreWorld.replica("west", "orders", west));
        world.until(
                () -> world.status(ORDERS).conditions().stream()
                        .anyMatch(c -> c.type().equals("ReplicationAllowed")
                                && c.reason().equals("SecondaryReady")),
                Duration.ofSeconds(30));
        List<Duration> denials = world.denials(key);

        world.cluster.delete(ORDERS);
        world.advance(SOON);

        assertThat(condition("Deletable").reason()).isEqualTo("InUse");
        assertThat(denials).isEmpty();
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        world.cluster.removeClass(CoreWorld.classOf("orders"));
        world.stabilize();
        assertThat(world.hasClass("orders")).as("what it has is kept up").isTrue();

        world.cluster.delete(replicaId("west"));
        world.advance(Duration.ofSeconds(30));

        assertThat(world.cluster.all()).isEmpty();
        assertThat(world.kms.policy(key)).doesNotContain("DataUse");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 422})
    void aStatusThatIsRefusedIsCountedAndLoggedOnceAndWrittenRightAfterwards(int code) {
        enabled();
        try (var log = new LogLines(Steps.class)) {
            world.process().statusWrites.clear();
            world.cluster.fail(FakeCluster.STATUS, FakeCluster.Trouble.of(code));
            world.kms.state(key, "Disabled");
            refreshKey();
            world.advance(Duration.ofSeconds(50));

            assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
            assertThat(world.process().statusWrites).hasSizeBetween(4, 8).containsOnly(false);
            assertThat(log.lines()).hasSize(1);

            world.cluster.heal();
            world.until(() -> world.encryption(ORDERS) == EncryptionState.DEGRADED, Duration.ofSeconds(11));
            assertThat(world.process().statusWrites).endsWith(true);
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void aStatusThatIsWrittenOverANewerVersionIsComputedAgain() {
        world.start();
        var touched = new TreeMap<String, Integer>();
        world.cluster.before = (request, name) -> {
            if (request.equals(FakeCluster.STATUS) && touched.merge(name, 1, Integer::sum) <= 3) {
                world.cluster.touch(id(name));
            }
        };
        world.create("orders", key);

        world.until(() -> world.isEnabled(ORDERS), SOON);

        assertThat(world.process().statusWrites).containsOnly(true);
        assertThat(world.process().dispatcher.thrown).isEmpty();
    }

    @Test
    void aStatusWhoseAnswerIsLostIsThereAndNotWrittenAgainForThat() {
        world.cluster.fail(FakeCluster.STATUS, FakeCluster.Trouble.LOSES_ITS_ANSWER);
        world.start();
        world.create("orders", key);

        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();

        assertThat(world.writesTo("orders")).isLessThanOrEqualTo(4);
    }

    @Test
    void awsThatAnswersNothingAtAllIsReportedAfterSeconds() {
        world.aws.fail("", FakeAws.Trouble.TIMES_OUT);
        world.start();
        world.create("orders", key);
        Instant asked = world.clock.instant();

        world.advance(Duration.ofSeconds(3));
        assertThat(status().awsUnreadableSince()).isNull();
        world.advance(Duration.ofSeconds(20));

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.PENDING);
        assertThat(Instant.parse(status().awsUnreadableSince()))
                .isBetween(asked.minusSeconds(1), asked.plus(FakeAws.TIME_OUT).plusSeconds(1));
        world.aws.heal();
        world.until(() -> world.isEnabled(ORDERS), Duration.ofMinutes(2));
        assertThat(status().awsUnreadableSince()).isNull();
    }

    @Test
    void aNewProcessThatIsBlindReliesOnTheStatusForAsLongAsOnAReadOfItsOwn() {
        enabled();
        world.aws.fail("", FakeAws.Trouble.UNAVAILABLE);
        world.crash();
        Instant since = world.clock.instant();

        world.advance(world.factsMaxAge.minusSeconds(5));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        assertThat(condition("Ready").status()).isEqualTo("True");
        assertThat(Instant.parse(status().awsUnreadableSince())).isBetween(since.minusSeconds(1), since.plusSeconds(1));

        world.advance(Duration.ofSeconds(10));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.UNKNOWN);
        assertThat(condition("Ready").status()).isEqualTo("Unknown");

        world.aws.heal();
        world.advance(CoreWorld.POLL.plus(SOON));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        assertThat(status().awsUnreadableSince()).isNull();
    }

    @Test
    void theSameProcessReliesOnItsOwnRead() {
        enabled();
        world.aws.fail("", FakeAws.Trouble.UNAVAILABLE);

        world.advance(world.factsMaxAge.minusSeconds(30));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        assertThat(status().awsUnreadableSince()).isNotNull();

        world.advance(CoreWorld.POLL.multipliedBy(2));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.UNKNOWN);
    }

    @Test
    void whatIsWrongIsReportedAtOnceWhateverElseCannotBeRead() {
        enabled();
        world.aws.fail("s3:", FakeAws.Trouble.UNAVAILABLE);
        world.kms.state(key, "Disabled");
        world.crash();

        world.advance(SOON);

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
        assertThat(condition("KeysUsable").reason()).isEqualTo("KeyDisabled");
    }

    @Test
    void whatCannotBeReadIsReportedOnceAndLeftAlone() {
        world.start();
        world.create("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        long writes = world.writesTo("orders");
        StoredResource before = world.cluster.find(ORDERS).orElseThrow();

        world.cluster.replace(ORDERS, unreadable());
        world.advance(Duration.ofMinutes(1));

        assertThat(world.eventsAbout(ORDERS).stream().filter(e -> e.startsWith("Unreadable")))
                .hasSize(1);
        assertThat(world.writesTo("orders")).isEqualTo(writes);
        assertThat(world.gives(key)).isTrue();

        world.cluster.replace(ORDERS, FakeCluster.with(before, before.getMetadata()));
        world.kms.state(key, "Disabled");
        world.advance(CoreWorld.POLL.plus(SOON));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
    }

    private Workgroup unreadable() {
        Workgroup stored = Serialization.unmarshal(
                Serialization.asJson(CoreWorld.workgroup("orders", key))
                        .replace("\"buckets\":{", "\"buckets\":[{")
                        .replace("\"data\":\"orders-data\"}", "\"data\":\"orders-data\"}]"),
                Workgroup.class);
        assertThat(stored.getSpec()).isNull();
        return stored;
    }

    @Test
    void forOneThatIsNotUnderstoodNothingIsWrittenAndItStays() {
        Workgroup workgroup = CoreWorld.workgroup("orders", key);
        workgroup.setSpec(CoreWorld.with(workgroup.getSpec(), "Suggest", "Release", null));
        world.start();
        world.cluster.create(workgroup);
        world.advance(Duration.ofSeconds(40));

        assertThat(condition("Accepted").message()).contains("'Suggest'");
        assertThat(world.aws.calls())
                .noneMatch(call ->
                        call.operation().contains(":Put") || call.operation().contains(":Create"));
        assertThat(world.hasClass("orders")).isFalse();

        world.cluster.delete(ORDERS);
        world.advance(Duration.ofSeconds(40));
        assertThat(condition("Deletable").message()).contains("'Suggest'");

        world.cluster.edit(ORDERS, spec -> CoreWorld.with(spec, "Suggest", "Retain", null));
        world.advance(Duration.ofSeconds(40));
        assertThat(world.exists(ORDERS)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 100, 300})
    void aChangeCostsOneReconciliationOfEachThatItConcerns(int n) {
        world.start();
        for (int i = 0; i < n; i++) {
            world.create("w" + i, key);
        }
        for (int i = 0; i < n; i++) {
            ResourceRef each = id("w" + i);
            world.until(() -> world.isEnabled(each), Duration.ofMinutes(1));
        }
        world.stabilize();
        Map<ResourceRef, Integer> reconciliations = world.process().dispatcher.reconciliations;
        reconciliations.clear();

        world.kms.put(key, FakeKms.document(statements(), CoreWorld.FOREIGN));
        refreshKey();
        assertThat(reconciliations).hasSize(n);
        assertThat(reconciliations.values()).containsOnly(1);

        reconciliations.clear();
        world.kms.state(key, "Disabled");
        refreshKey();
        assertThat(world.encryption(id("w0"))).isEqualTo(EncryptionState.DEGRADED);
        assertThat(reconciliations).hasSize(n);
        assertThat(reconciliations.values())
                .as("for the key, for the bucket that waits for it, and for the status that comes back")
                .allMatch(times -> times <= 3);

        world.kms.state(key, "Enabled");
        refreshKey();
        reconciliations.clear();
        long visited = world.process().index.visited();
        world.create("one-more", key);
        world.until(() -> world.isEnabled(id("one-more")), SOON);
        world.stabilize();

        assertThat(reconciliations.keySet()).containsExactly(id("one-more"));
        assertThat(world.process().index.visited() - visited)
                .as("requests that were judged or visited")
                .isLessThan(100);
    }

    private String statements() {
        String policy = world.kms.policy(key);
        int first = policy.indexOf("{", policy.indexOf("\"Statement\"") + 1);
        return policy.substring(first, policy.lastIndexOf("]"));
    }

    @Test
    void afterAllAreGoneNothingIsKept() {
        KeyArn west = CoreWorld.key("us-west-2", 2);
        world.kms.make(west);
        KeyArn missing = CoreWorld.key(3);
        world.start();
        world.aws.unruly(world.random, 0.2);
        world.cluster.unruly(world.random, 0.2);
        for (int i = 0; i < 20; i++) {
            world.createReleasing("w" + i, i == 7 ? missing : key);
        }
        world.cluster.edit(id("w0"), spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        world.cluster.create(CoreWorld.replica("west", "w0", west));
        world.cluster.create(CoreWorld.replica("orphan", "nobody", west));
        world.advance(Duration.ofMinutes(5));
        for (int i = 0; i < 20; i++) {
            if (i % 5 == 0) {
                world.cluster.forceDelete(id("w" + i));
            } else {
                world.cluster.delete(id("w" + i));
            }
        }
        world.cluster.delete(replicaId("west"));
        world.cluster.delete(replicaId("orphan"));

        world.advance(Duration.ofHours(2));

        assertThat(world.cluster.all()).isEmpty();
        // How often a StorageClass was put back outlives its resource by an hour, and goes with the next call.
        world.process().publisher.forget(id("nobody"));
        assertThat(world.process().kept()).isEmpty();
    }

    @Test
    void blindnessSurvivesRestarts() {
        world.factsMaxAge = Duration.ofSeconds(20);
        enabled();
        world.aws.fail("", FakeAws.Trouble.UNAVAILABLE);
        world.kms.state(key, "Disabled");
        world.crash();
        Instant since = world.clock.instant();
        for (int i = 0; i < 9; i++) {
            world.advance(SOON);
            world.crash();
            if (i > 2) {
                assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.UNKNOWN);
            }
            assertThat(Instant.parse(status().awsUnreadableSince()))
                    .isBetween(since.minusSeconds(1), since.plusSeconds(1));
        }
        world.aws.heal();
        world.advance(CoreWorld.POLL.plus(SOON));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
        assertThat(status().awsUnreadableSince()).isNull();
    }

    @Test
    void blindnessSurvivesRestartsThatComeBeforeTheFirstCallHasTimedOut() {
        world.factsMaxAge = Duration.ofSeconds(20);
        enabled();
        world.aws.fail("", FakeAws.Trouble.TIMES_OUT);
        world.kms.state(key, "Disabled");
        for (int i = 0; i < 9; i++) {
            world.crash();
            world.advance(SOON);
        }
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.UNKNOWN);
    }
}
