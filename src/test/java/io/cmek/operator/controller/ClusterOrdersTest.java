package io.cmek.operator.controller;

import static io.cmek.operator.controller.CoreWorld.id;
import static io.cmek.operator.controller.CoreWorld.replicaId;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.awscontrol.FakeAws;
import io.cmek.operator.awscontrol.FakeS3;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults that an attacker found in the core: each test fails for what it says. */
class ClusterOrdersTest {

    private static final ResourceRef ORDERS = id("orders");
    private static final ResourceRef WEST = replicaId("west");
    private static final Duration SOON = Duration.ofSeconds(10);

    private final CoreWorld world = new CoreWorld();
    private final KeyArn key = world.newKey(1);
    private final KeyArn west = west();

    private KeyArn west() {
        KeyArn found = CoreWorld.key("us-west-2", 2);
        world.kms.make(found);
        return found;
    }

    private void enabled() {
        if (world.processes.isEmpty()) {
            world.start();
        }
        world.create("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
    }

    private void replicated() {
        world.cluster.edit(ORDERS, spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        world.cluster.create(CoreWorld.replica("west", "orders", west));
        world.until(() -> world.isEnabled(WEST), SOON);
        world.stabilize();
        assertThat(world.condition(ORDERS, "FailoverReady").status()).isEqualTo("True");
    }

    private String classKey() {
        return Objects.requireNonNull(world.cluster.storageClass(CoreWorld.classOf("orders")))
                .getParameters()
                .get("kmsKeyId");
    }

    /** 1. The primary region is out of reach after a restart, and the secondary region's key was read and is disabled. */
    @Test
    void failoverReadyIsNotKeptTrueWhenTheSecondaryIsSeenToBeBroken() {
        enabled();
        replicated();
        world.aws.rule((operation, identity, item) ->
                item.equals(key.toString()) || item.equals("orders-data") ? FakeAws.Trouble.UNAVAILABLE : null);
        world.kms.state(west, "Disabled");
        world.crash();
        world.advance(Duration.ofMinutes(2));

        assertThat(world.encryption(WEST)).isEqualTo(EncryptionState.DEGRADED);
        assertThat(world.condition(ORDERS, "FailoverReady").status()).isEqualTo("False");
    }

    /** 2. A value of a newer version in the spec, and AWS out of reach for longer than facts-max-age. */
    @Test
    void oneThatIsNotUnderstoodDoesNotStayEnabledWhileAwsCannotBeRead() {
        enabled();
        world.cluster.edit(ORDERS, spec -> CoreWorld.with(spec, "Suggest", "Retain", null));
        world.stabilize();
        world.kms.state(key, "Disabled");
        world.aws.fail("", FakeAws.Trouble.UNAVAILABLE);
        world.advance(Duration.ofMinutes(20));

        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.UNKNOWN);
        assertThat(Objects.requireNonNull(world.status(ORDERS)).awsUnreadableSince())
                .isNotNull();
    }

    /** 3. The access is taken back, and the StorageClass cannot be deleted: the status goes on saying that all is well with the policy. */
    @Test
    void oneWhoseAccessIsTakenBackDoesNotSayThatItHasAccess() {
        world.start();
        world.createReleasing("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
        world.cluster.fail(FakeCluster.DELETE_CLASS, FakeCluster.Trouble.of(403));
        world.cluster.delete(ORDERS);
        world.advance(Duration.ofMinutes(1));

        assertThat(world.gives(key)).isFalse();
        assertThat(world.exists(ORDERS)).isTrue();
        assertThat(world.condition(ORDERS, "PolicyApplied").message()).doesNotContain("has not begun");
    }

    @Test
    void oneWhoseAccessIsTakenBackIsNotEnabled() {
        world.start();
        world.createReleasing("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
        world.cluster.fail(FakeCluster.DELETE_CLASS, FakeCluster.Trouble.of(403));
        world.cluster.delete(ORDERS);
        world.advance(Duration.ofMinutes(1));

        assertThat(world.encryption(ORDERS)).isNotEqualTo(EncryptionState.ENABLED);
    }

    /** 3b. It waits to be released (KMS denies the write), and its key is disabled. */
    @Test
    void oneThatIsLeavingIsNotEnabledWhileItsKeyIsDisabled() {
        world.start();
        world.createReleasing("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
        world.aws.fail("kms:PutKeyPolicy", FakeAws.Trouble.DENIED);
        world.cluster.delete(ORDERS);
        world.stabilize();
        world.kms.state(key, "Disabled");
        world.advance(Duration.ofMinutes(10));

        assertThat(world.condition(ORDERS, "KeysUsable").status()).isEqualTo("False");
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
    }

    /** The same, and the key is enabled again while it still waits. */
    @Test
    void oneThatIsLeavingIsEnabledAgainWhenItsKeyIs() {
        oneThatIsLeavingIsNotEnabledWhileItsKeyIsDisabled();
        world.kms.state(key, "Enabled");
        world.advance(Duration.ofMinutes(10));

        assertThat(world.condition(ORDERS, "KeysUsable").status()).isEqualTo("True");
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        assertThat(Objects.requireNonNull(world.status(ORDERS)).keys())
                .allMatch(line -> line.state() == KeyEncryptionState.ENABLED);
    }

    private void goesDuring(String request) {
        var went = new AtomicBoolean();
        world.cluster.before = (asked, name) -> {
            if (asked.equals(request) && went.compareAndSet(false, true)) {
                world.cluster.forceDelete(ORDERS);
                while (world.process().workgroups.find(ORDERS).isPresent()) {
                    if (!world.process().workgroups.tellNext()) {
                        world.ticker.advance(Duration.ofMillis(10));
                    }
                }
            }
        };
        world.start();
        world.create("orders", key);
        world.advance(Duration.ofHours(3));
        assertThat(went).isTrue();
    }

    /** 4. It goes, by force, while the operator asks the API server something about it. */
    @ParameterizedTest
    @ValueSource(strings = {FakeCluster.STATUS, FakeCluster.ADD_FINALIZER, FakeCluster.GET, FakeCluster.MAKE_CLASS})
    void nothingIsKeptOfOneThatGoesDuringARequest(String request) {
        goesDuring(request);
        assertThat(world.process().kept()).isEmpty();
    }

    /** 5. The same, of the StorageClass: there is nobody to take it away. */
    @Test
    void aStorageClassThatIsMadeForOneThatGoesIsDeletedOrReported() {
        goesDuring(FakeCluster.MAKE_CLASS);
        assertThat(!world.hasClass("orders")
                        || world.eventsAbout(ORDERS).stream().anyMatch(e -> e.startsWith("LeftBehind")))
                .isTrue();
    }

    private static Workgroup with(Workgroup workgroup, String bucket) {
        WorkgroupSpec spec = workgroup.getSpec();
        workgroup.setSpec(new WorkgroupSpec(
                spec.region(),
                spec.cmek(),
                new Buckets(bucket, null, null),
                spec.volumes(),
                spec.policyManagement(),
                spec.deletionPolicy(),
                spec.replication()));
        return workgroup;
    }

    /** 6. Two leaders, and one is behind: what it knows under the name is gone, and another one has it. */
    @Test
    void theOneThatIsBehindDoesNotPutTheStorageClassOfTheLivingOneUnderTheOldKey() {
        KeyArn other = world.newKey(3);
        enabled();
        CoreWorld.CoreProcess behind = world.start();
        world.stabilize();
        behind.workgroups.cut();
        world.cluster.delete(ORDERS);
        world.until(() -> !world.exists(ORDERS), SOON);
        world.cluster.create(with(CoreWorld.workgroup("orders", other), "orders-too"));
        var wrong = new AtomicBoolean();
        world.cluster.after = (request, name) -> {
            if (request.equals(FakeCluster.MAKE_CLASS) && !classKey().equals(other.toString())) {
                wrong.set(true);
            }
        };
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.advance(Duration.ofMinutes(1));

        assertThat(wrong).as("a StorageClass under the old key").isFalse();
        assertThat(world.hasClass("orders")).isTrue();
        assertThat(world.isEnabled(ORDERS)).isTrue();
    }

    /** 8. The ReplicaCmek was made again, and the informer has only reported that it was deleted. */
    @Test
    void aWorkgroupWaitsForAReplicaCmekThatTheCacheDoesNotKnowYet() {
        enabled();
        replicated();
        world.cluster.edit(ORDERS, spec -> CoreWorld.replicating(spec, "us-west-2"));
        world.stabilize();
        world.cluster.delete(WEST);
        world.stabilize();
        assertThat(world.exists(WEST)).isFalse();
        world.process().replicas.cut();
        world.cluster.create(CoreWorld.replica("west", "orders", west));
        world.cluster.edit(ORDERS, spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        world.cluster.delete(ORDERS);
        world.stabilize();
        world.process().replicas.relist();
        world.stabilize();

        assertThat(world.exists(ORDERS)).isTrue();
    }

    /** 8b. Two leaders, of which one is behind in ReplicaCmeks, as in the order of the design; here the Workgroup itself is deleted. */
    @Test
    void theOneThatIsBehindDoesNotLetTheWorkgroupOfAReplicaCmekGo() {
        enabled();
        CoreWorld.CoreProcess behind = world.start();
        world.stabilize();
        behind.replicas.lag(() -> Duration.ofSeconds(10));
        world.cluster.edit(ORDERS, spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        world.cluster.create(CoreWorld.replica("west", "orders", west));
        world.until(() -> world.isEnabled(WEST), SOON);
        world.cluster.delete(ORDERS);
        world.stabilize();
        assertThat(behind.replicas.find(WEST)).isEmpty();
        world.advance(Duration.ofMinutes(1));

        assertThat(world.exists(ORDERS)).isTrue();
        assertThat(world.encryption(WEST)).isEqualTo(EncryptionState.ENABLED);
    }

    /** 35b. Two leaders, of which one is behind in ReplicaCmeks for five seconds. */
    @Test
    void twoLeadersOfWhichOneIsBehindDoNotOverwriteEachOtherAsFastAsTheyCan() {
        enabled();
        CoreWorld.CoreProcess behind = world.start();
        world.stabilize();
        behind.replicas.lag(() -> Duration.ofSeconds(5));
        world.cluster.edit(ORDERS, spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        world.cluster.create(CoreWorld.replica("west", "orders", west));
        long writes = world.writesTo("orders");
        int events = world.cluster.events.size();
        world.advance(Duration.ofSeconds(30));

        assertThat(world.isEnabled(WEST)).isTrue();
        assertThat(world.condition(ORDERS, "FailoverReady").status()).isEqualTo("True");
        assertThat(world.cluster.events.size() - events).as("Events").isLessThan(20);
        assertThat(world.writesTo("orders") - writes).as("writes").isLessThan(40);
    }

    /** 8c. The status of the Workgroup was wiped, and it is deleted, before the operator could make the record again. */
    @Test
    void aWorkgroupWhoseStatusWasWipedWaitsForItsReplicaCmek() {
        enabled();
        replicated();
        world.processes.clear();
        world.cluster.wipeStatus(ORDERS);
        world.cluster.delete(ORDERS);
        world.start();
        world.advance(Duration.ofMinutes(1));

        assertThat(world.exists(ORDERS)).isTrue();
    }

    /** 8d. The Workgroup's status was wiped, and the cache does not know that yet: the ReplicaCmek goes while databases replicate. */
    @Test
    void aReplicaCmekStaysWhenTheStatusOfItsWorkgroupWasJustWiped() {
        enabled();
        replicated();
        world.process().workgroups.cut();
        world.cluster.wipeStatus(ORDERS);
        world.cluster.delete(WEST);
        world.stabilize();
        world.process().workgroups.relist();
        world.stabilize();

        assertThat(world.exists(WEST)).isTrue();
    }

    /** 9. The API server, or a webhook, answers every write of the status with a conflict for a minute. */
    @Test
    void aStatusThatIsRefusedWithConflictIsNotWrittenFiveTimesASecondAndIsReported() {
        enabled();
        world.kms.state(key, "Disabled");
        world.cluster.fail(FakeCluster.STATUS, FakeCluster.Trouble.of(409));
        world.cluster.requests.clear();
        world.process().statusWrites.clear();
        world.advance(CoreWorld.POLL.plusMinutes(1));

        assertThat(world.writesTo("orders")).as("writes").isBetween(1L, 60L);
        assertThat(world.process().statusWrites).contains(false);
    }

    private ReplicaCmek unreadableReplica() {
        ReplicaCmek stored = Serialization.unmarshal(
                Serialization.asJson(CoreWorld.replica("west", "orders", west))
                        .replace("\"buckets\":{", "\"buckets\":[{")
                        .replace("\"data\":\"west-data\"}", "\"data\":\"west-data\"}]"),
                ReplicaCmek.class);
        assertThat(stored.getSpec()).isNull();
        return stored;
    }

    /** 10. A newer version stored the ReplicaCmek; this one cannot read it. */
    @Test
    void aWorkgroupWaitsForItsReplicaCmekThatCannotBeRead() {
        enabled();
        replicated();
        world.cluster.replace(WEST, unreadableReplica());
        world.stabilize();
        world.cluster.delete(ORDERS);
        world.advance(Duration.ofMinutes(1));

        assertThat(world.exists(ORDERS)).isTrue();
    }

    @Test
    void aReplicaCmekThatCannotBeReadIsNotSaidToBeMissing() {
        enabled();
        replicated();
        world.cluster.replace(WEST, unreadableReplica());
        world.stabilize();

        assertThat(world.condition(ORDERS, "FailoverReady").message()).doesNotContain("Apply a ReplicaCmek");
    }

    /** 12. The bucket is under another customer-managed key: nothing else of the workgroup is to come under this one. */
    @Test
    void noStorageClassIsPublishedBeforeTheDataBucketIsUnderTheKey() {
        KeyArn other = world.newKey(3);
        world.s3.put("orders-data", new FakeS3.Bucket(true, "us-east-1", FakeS3.under(other), true));
        world.start();
        world.create("orders", key);
        world.advance(Duration.ofMinutes(1));

        assertThat(world.condition(ORDERS, "BucketsEncrypted").reason()).isEqualTo("BucketUnderAnotherKey");
        assertThat(world.hasClass("orders")).isFalse();
    }

    /** 13. The answer to the write of a status is lost. */
    @Test
    void aStatusWhoseResponseIsLostIsReportedAsAnEventToo() {
        enabled();
        world.kms.state(key, "Disabled");
        var lost = new AtomicBoolean();
        world.cluster.rule((request, name) -> request.equals(FakeCluster.STATUS) && lost.compareAndSet(false, true)
                ? FakeCluster.Trouble.LOSES_ITS_ANSWER
                : null);
        world.advance(CoreWorld.POLL.plusMinutes(1));

        assertThat(lost).isTrue();
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
        assertThat(world.eventsAbout(ORDERS)).anyMatch(e -> e.startsWith("EncryptionDegraded"));
    }

    /** 15. The setting was not set when the StorageClass was made, and is set to another region now. */
    @Test
    void theStorageClassGoesWithItsResourceAlsoWhereTheClusterHasAnotherRegionNow() {
        enabled();
        world.processes.clear();
        world.clusterRegion = Optional.of("us-west-2");
        world.start();
        world.stabilize();
        world.cluster.delete(ORDERS);
        world.advance(Duration.ofMinutes(1));

        assertThat(world.exists(ORDERS)).isFalse();
        assertThat(world.hasClass("orders")).isFalse();
    }

    /** 23. It is deleted, has no status, and its status is refused. */
    @Test
    void oneThatLeavesAndHasNoStatusIsNoReasonToThrow() {
        world.start();
        world.createReleasing("orders", key);
        world.until(() -> world.isEnabled(ORDERS), SOON);
        world.stabilize();
        world.processes.clear();
        world.cluster.wipeStatus(ORDERS);
        world.cluster.fail(FakeCluster.STATUS, FakeCluster.Trouble.of(422));
        world.cluster.delete(ORDERS);
        world.start();
        world.advance(Duration.ofMinutes(1));

        assertThat(world.process().dispatcher.thrown).isEmpty();
        assertThat(world.exists(ORDERS)).isFalse();
    }

    /** 35. Two leaders that do not know the same. */
    @Test
    void twoProcessesThatDoNotAgreeDoNotWriteAsFastAsTheyCan() {
        enabled();
        world.factsMaxAge = Duration.ofSeconds(20);
        world.start();
        world.stabilize();
        world.aws.fail("", FakeAws.Trouble.UNAVAILABLE);
        world.advance(Duration.ofSeconds(100));
        world.cluster.requests.clear();
        world.advance(Duration.ofMinutes(1));

        assertThat(world.writesTo("orders")).isLessThan(60);
    }

    /** 25. AWS fails in one way and then in another. */
    @Test
    void anOutageWhoseMessageChangesIsNotReportedAtEveryPoll() {
        enabled();
        int[] n = {0};
        world.aws.rule((operation, identity, item) ->
                n[0]++ % 2 == 0 ? FakeAws.Trouble.UNAVAILABLE : FakeAws.Trouble.THROTTLED);
        world.advance(Duration.ofMinutes(10));
        int events = world.cluster.events.size();
        long writes = world.writesTo("orders");
        world.advance(Duration.ofHours(1));

        assertThat(world.cluster.events.size() - events).as("Events").isLessThan(10);
        assertThat(world.writesTo("orders") - writes).as("writes").isLessThan(20);
    }
}
