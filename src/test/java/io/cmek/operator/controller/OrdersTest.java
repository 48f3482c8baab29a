package io.cmek.operator.controller;

import static io.cmek.operator.controller.CoreWorld.id;
import static io.cmek.operator.controller.CoreWorld.replicaId;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.awscontrol.FakeAws;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Orders of events that operators are known to get wrong. Informers are late or behind, processes end at bad moments, and others interfere. */
class OrdersTest {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final ResourceRef ORDERS = id("orders");

    private final CoreWorld world = new CoreWorld();
    private final KeyArn key = world.newKey(1);
    private final KeyArn west = west();

    private KeyArn west() {
        KeyArn west = CoreWorld.key("us-west-2", 2);
        world.kms.make(west);
        return west;
    }

    private void enabled(String... names) {
        for (String name : names) {
            world.until(() -> world.isEnabled(id(name)), SOON);
        }
    }

    private void replicated(String workgroup, String replica) {
        world.cluster.edit(id(workgroup), spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        world.cluster.create(CoreWorld.replica(replica, workgroup, west));
        world.until(() -> world.isEnabled(replicaId(replica)), SOON);
        world.stabilize();
    }

    private boolean givesReplica() {
        return world.kms.policy(west).contains("\"CmekOperatortestDataUse\"");
    }

    /** Each moment at which the policy of the secondary key was written and did not give access any more. */
    private AtomicBoolean denialsOfReplica() {
        var denied = new AtomicBoolean();
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy") && item.equals(west.toString()) && !givesReplica()) {
                denied.set(true);
            }
        };
        return denied;
    }

    // -- by the issue of what blocked a release

    @Test
    void oneThatIsHeldLosesNothingWhenItsNeighbourGoes() {
        world.start();
        world.createReleasing("orders", key);
        enabled("orders");
        replicated("orders", "west");
        world.createReleasing("neighbour", key);
        enabled("neighbour");
        List<Duration> denials = world.denials(key);

        world.cluster.delete(ORDERS);
        world.stabilize();
        world.cluster.delete(id("neighbour"));
        world.advance(Duration.ofMinutes(2));

        assertThat(world.exists(id("neighbour"))).isFalse();
        assertThat(world.exists(ORDERS)).isTrue();
        assertThat(denials).isEmpty();
        assertThat(world.gives(key)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a-second", "z-second"})
    void theOneThatIsServedStaysWhenAnotherOfTheSameSecondNamesItsBucket(String second) {
        world.start();
        world.create("orders", key);
        enabled("orders");
        List<Duration> denials = world.denials(key);
        Workgroup contender = CoreWorld.workgroup(second, key);
        contender.setSpec(CoreWorld.release(CoreWorld.workgroup("orders", key).getSpec()));

        world.cluster.create(contender);
        world.stabilize();
        assertThat(world.condition(id(second), "Accepted").reason()).isEqualTo("BucketClaimedByAnother");
        assertThat(world.cluster.find(id(second)).orElseThrow().getMetadata().getCreationTimestamp())
                .isEqualTo(
                        world.cluster.find(ORDERS).orElseThrow().getMetadata().getCreationTimestamp());
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
        world.crash();
        world.stabilize();
        world.cluster.delete(id(second));
        world.stabilize();

        assertThat(world.exists(id(second))).isFalse();
        assertThat(denials).isEmpty();
        assertThat(world.gives(key)).isTrue();
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.ENABLED);
    }

    @Test
    void aReplicaCmekWithoutItsWorkgroupCountsWhenItsNeighbourGoes() {
        world.start();
        world.create("orders", key);
        enabled("orders");
        replicated("orders", "west");
        world.create("other", key);
        enabled("other");
        world.cluster.edit(id("other"), spec -> CoreWorld.replicating(spec, "us-west-2", "sales"));
        var second = CoreWorld.replica("west-too", "other", west);
        world.cluster.create(second);
        world.until(() -> world.isEnabled(replicaId("west-too")), SOON);
        world.cluster.edit(id("other"), spec -> CoreWorld.replicating(spec, "us-west-2"));
        world.cluster.editReplica(
                replicaId("west-too"),
                spec -> new io.cmek.operator.api.v1alpha1.ReplicaCmekSpec(
                        spec.workgroupRef(),
                        spec.region(),
                        spec.dataBucketKeyID(),
                        null,
                        spec.buckets(),
                        null,
                        spec.policyManagement(),
                        "Release"));
        world.stabilize();
        AtomicBoolean denied = denialsOfReplica();

        world.cluster.forceDelete(ORDERS);
        world.stabilize();
        assertThat(world.condition(replicaId("west"), "Accepted").reason()).isEqualTo("WorkgroupNotFound");
        world.cluster.delete(replicaId("west-too"));
        world.advance(Duration.ofMinutes(1));

        assertThat(world.exists(replicaId("west-too"))).isFalse();
        assertThat(denied).isFalse();
        assertThat(givesReplica()).isTrue();
    }

    // -- by the core

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingIsTakenWhileHalfOfTheWorldIsNotSeen(boolean replicasAreLate) {
        world.start();
        world.create("orders", key);
        enabled("orders");
        replicated("orders", "west");
        world.createReleasing("neighbour", key);
        enabled("neighbour");
        world.stabilize();
        world.processes.clear();
        world.cluster.delete(id("neighbour"));
        List<Duration> denials = world.denials(key);
        int lossesBefore = world.cluster.events.size();
        world.listReplicasAfter = replicasAreLate ? Duration.ofSeconds(6) : Duration.ZERO;
        world.listWorkgroupsAfter = replicasAreLate ? Duration.ZERO : Duration.ofSeconds(6);

        world.start();
        world.advance(Duration.ofSeconds(5));
        assertThat(world.exists(id("neighbour"))).isTrue();
        world.advance(Duration.ofMinutes(2));

        assertThat(world.exists(id("neighbour"))).isFalse();
        assertThat(denials).isEmpty();
        assertThat(world.kms.policy(key)).contains("CmekOperatortestReplicationUse");
        assertThat(world.cluster.events.subList(lossesBefore, world.cluster.events.size()))
                .noneMatch(e -> e.getReason().equals("DriftRepaired"));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 5, 50, 500, 5_000})
    void twelveThatAreForceReplacedAreAllRight(long lag) {
        world.lag = () -> Duration.ofMillis(lag == 0 ? 0 : world.random.nextLong(lag));
        world.start();
        for (int i = 0; i < 12; i++) {
            world.create("w" + i, key);
        }
        for (int i = 0; i < 12; i++) {
            ResourceRef each = id("w" + i);
            world.until(() -> world.isEnabled(each), Duration.ofMinutes(1));
        }
        for (int i = 0; i < 12; i++) {
            world.cluster.forceDelete(id("w" + i));
            world.create("w" + i, key);
            world.advance(Duration.ofMillis(world.random.nextInt(20)));
        }
        world.advance(Duration.ofSeconds(10).plusMillis(4 * lag));

        for (int i = 0; i < 12; i++) {
            assertThat(world.isEnabled(id("w" + i))).as("w" + i).isTrue();
            assertThat(world.hasClass("w" + i)).as("StorageClass of w" + i).isTrue();
            assertThat(world.cluster
                            .find(id("w" + i))
                            .orElseThrow()
                            .getMetadata()
                            .getFinalizers())
                    .containsExactly(ClusterApi.FINALIZER);
        }
        assertThat(world.gives(key)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void aFirstListFromThePastTakesNothingFromTheOneThatLives(int past) {
        world.start();
        world.createReleasing("orders", key);
        enabled("orders");
        world.stabilize();
        // The first one waits to be released, and is gone by force; the same is applied again.
        world.aws.fail("kms:PutKeyPolicy", FakeAws.Trouble.DENIED);
        world.cluster.delete(ORDERS);
        world.stabilize();
        world.aws.heal();
        world.cluster.forceDelete(ORDERS);
        world.createReleasing("orders", key);
        enabled("orders");
        world.stabilize();
        String living = world.cluster.find(ORDERS).orElseThrow().getMetadata().getUid();
        StorageClass itsClass = Objects.requireNonNull(world.cluster.storageClass(CoreWorld.classOf("orders")));
        List<Duration> denials = world.denials(key);

        world.processes.clear();
        world.workgroupsFromThePast = past;
        world.lag = () -> Duration.ofSeconds(5);
        world.start();
        world.advance(Duration.ofSeconds(4));
        StoredResource now = world.cluster.find(ORDERS).orElseThrow();
        assertThat(now.getMetadata().getUid()).isEqualTo(living);
        assertThat(now.getMetadata().getFinalizers()).containsExactly(ClusterApi.FINALIZER);
        world.advance(Duration.ofSeconds(30));

        assertThat(denials).isEmpty();
        assertThat(world.cluster.storageClass(CoreWorld.classOf("orders"))).isEqualTo(itsClass);
        assertThat(world.isEnabled(ORDERS)).isTrue();
        assertThat(world.gives(key)).isTrue();
        world.kms.state(key, "Disabled");
        world.advance(CoreWorld.POLL.plus(SOON));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.DEGRADED);
    }

    /** ReplacedIT saw it: the SDK ignored what came while it handled the deletion of the one before, and the new one stayed PENDING. */
    @Test
    void whatTheOperatorSdkLosesIsMadeUpFor() {
        world.start();
        world.create("orders", key);
        world.cluster.after = (request, name) -> {
            if (request.equals(FakeCluster.STATUS)) {
                world.process().dispatcher.losesAll = true;
            }
        };
        world.advance(Duration.ofSeconds(2));
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.PENDING);
        world.cluster.after = (request, name) -> {};
        world.process().dispatcher.losesAll = false;

        world.until(() -> world.isEnabled(ORDERS), Duration.ofSeconds(15));
    }

    @Test
    void oneThatIsReplacedWhileTheWatchIsCutIsJudgedAsANewObject() {
        KeyArn other = world.newKey(3);
        world.start();
        world.create("orders", key);
        enabled("orders");
        world.stabilize();
        world.process().workgroups.cut();
        world.cluster.forceDelete(ORDERS);
        Workgroup next = CoreWorld.workgroup("orders", other);
        world.cluster.create(next);
        world.stabilize();

        world.process().workgroups.relist();
        world.advance(Duration.ofSeconds(30));

        assertThat(world.cluster.find(ORDERS).orElseThrow().getMetadata().getFinalizers())
                .containsExactly(ClusterApi.FINALIZER);
        // The bucket is under the first key and may hold data: it is not taken along to the other one.
        assertThat(world.s3.bucket("orders-data").encryption().kmsKeyId()).isEqualTo(key.toString());
        assertThat(world.condition(ORDERS, "BucketsEncrypted").reason()).isEqualTo("BucketUnderAnotherKey");
        world.cluster.delete(ORDERS);
        world.stabilize();
        // How often a StorageClass was put back is remembered for an hour.
        assertThat(world.process().kept()).isSubsetOf("publisher");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kms:PutKeyPolicy", "s3:PutBucketEncryption", "s3:CreateBucket"})
    void nothingIsMadeForOneThatGoesWhileAwsTakesItsTime(String operation) {
        world.start();
        var went = new AtomicBoolean();
        world.aws.before = (op, item) -> {
            if (op.equals(operation) && went.compareAndSet(false, true)) {
                world.cluster.forceDelete(ORDERS);
                // The informer tells of it while the call is under way.
                while (world.process().workgroups.find(ORDERS).isPresent()) {
                    if (!world.process().workgroups.tellNext()) {
                        world.ticker.advance(Duration.ofMillis(10));
                    }
                }
            }
        };
        world.create("orders", key);
        world.advance(Duration.ofMinutes(2));

        assertThat(went).isTrue();
        assertThat(world.hasClass("orders")).isFalse();
        if (operation.equals("kms:PutKeyPolicy")) {
            assertThat(world.s3.bucket("orders-data")).isNull();
        }
        assertThat(world.eventsAbout(ORDERS)).anyMatch(e -> e.startsWith("LeftBehind"));
        assertThat(world.process().kept()).isEmpty();
    }

    @Test
    void noStorageClassIsMadeForOneThatIsGoneAndWhoseEndIsNotSeenYet() {
        world.start();
        world.aws.fail("kms:DescribeKey", FakeAws.Trouble.UNAVAILABLE);
        world.create("orders", key);
        world.stabilize();
        world.process().workgroups.lag(() -> Duration.ofSeconds(20));
        world.cluster.forceDelete(ORDERS);
        world.aws.heal();

        world.advance(Duration.ofMinutes(2));

        assertThat(world.hasClass("orders")).isFalse();
    }

    @Test
    void oneThatIsBlindAndRestartedAgainAndAgainIsUnknownInTheEnd() {
        world.factsMaxAge = Duration.ofSeconds(20);
        world.start();
        world.create("orders", key);
        enabled("orders");
        world.stabilize();
        world.kms.state(key, "Disabled");
        world.aws.fail("", FakeAws.Trouble.UNAVAILABLE);
        String since = null;
        for (int i = 0; i < 8; i++) {
            world.crash();
            world.advance(SOON);
            String reported = Objects.requireNonNull(world.status(ORDERS)).awsUnreadableSince();
            assertThat(reported).isNotNull();
            assertThat(since).isIn(null, reported);
            since = reported;
        }
        assertThat(world.encryption(ORDERS)).isEqualTo(EncryptionState.UNKNOWN);
    }

    @Test
    void aReplacementThatItsOwnEndInterruptedAccusesNobody() {
        world.start();
        world.create("orders", key);
        enabled("orders");
        world.stabilize();
        StorageClass ours = Objects.requireNonNull(world.cluster.storageClass(CoreWorld.classOf("orders")));
        var ended = new AtomicBoolean();
        world.cluster.after = (request, name) -> {
            if (request.equals(FakeCluster.DELETE_CLASS)) {
                ended.set(true);
                world.cluster.fail(FakeCluster.MAKE_CLASS, FakeCluster.Trouble.of(0));
            }
        };
        world.cluster.putClass(new StorageClassBuilder(ours)
                .withParameters(Map.of("encrypted", "false"))
                .build());
        world.until(ended::get, SOON);
        world.cluster.after = (request, name) -> {};
        world.cluster.heal();

        world.crash();
        world.advance(Duration.ofSeconds(30));

        assertThat(world.hasClass("orders")).isTrue();
        assertThat(world.isEnabled(ORDERS)).isTrue();
        assertThat(world.eventsAbout(ORDERS)).noneMatch(e -> e.contains("had been deleted"));
    }

    @Test
    void aForeignStorageClassThatTakesThePlaceBetweenReadAndDeletionStays() {
        world.start();
        world.create("orders", key);
        enabled("orders");
        world.stabilize();
        StorageClass foreign = new StorageClassBuilder()
                .withNewMetadata()
                .withName(CoreWorld.classOf("orders"))
                .endMetadata()
                .withProvisioner("somebody.else")
                .build();
        var placed = new AtomicBoolean();
        world.cluster.before = (request, name) -> {
            if (request.equals(FakeCluster.DELETE_CLASS) && placed.compareAndSet(false, true)) {
                world.cluster.putClass(foreign);
            }
        };

        world.cluster.delete(ORDERS);
        world.advance(Duration.ofSeconds(30));

        assertThat(placed).isTrue();
        assertThat(world.exists(ORDERS)).isFalse();
        assertThat(Objects.requireNonNull(world.cluster.storageClass(CoreWorld.classOf("orders")))
                        .getProvisioner())
                .isEqualTo("somebody.else");
    }

    @Test
    void twoProcessesOfWhichOneIsBehindTakeNothing() {
        world.start();
        world.create("orders", key);
        enabled("orders");
        world.createReleasing("neighbour", key);
        enabled("neighbour");
        world.stabilize();
        CoreWorld.CoreProcess behind = world.start();
        world.stabilize();
        behind.replicas.lag(() -> Duration.ofSeconds(10));
        behind.workgroups.lag(() -> Duration.ZERO);
        replicated("orders", "west");
        assertThat(behind.replicas.find(replicaId("west"))).isEmpty();
        // Only the one that is behind goes on.
        world.processes.remove(world.process());
        var denied = new AtomicBoolean();
        world.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy")
                    && item.equals(key.toString())
                    && !(world.gives(key) && world.kms.policy(key).contains("CmekOperatortestReplicationUse"))) {
                denied.set(true);
            }
        };

        world.cluster.delete(id("neighbour"));
        world.stabilize();

        assertThat(behind.replicas.find(replicaId("west"))).isEmpty();
        assertThat(world.exists(id("neighbour"))).isFalse();
        assertThat(denied).isFalse();
        world.advance(Duration.ofMinutes(1));
        assertThat(denied).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void twoProcessesAtOnceComeToTheSameEnd(long seed) {
        var both = new CoreWorld(seed);
        both.newKey(1);
        both.lag = () -> Duration.ofMillis(both.random.nextInt(2_000));
        both.start();
        both.start();
        both.cluster.unruly(both.random, 0.05);
        both.aws.unruly(both.random, 0.05);
        for (int i = 0; i < 5; i++) {
            both.createReleasing("w" + i, key);
        }
        both.advance(Duration.ofMinutes(3));
        List<Duration> denials = both.denials(key);
        for (int i = 1; i < 5; i++) {
            both.cluster.delete(id("w" + i));
            both.advance(Duration.ofMillis(both.random.nextInt(1_000)));
        }
        both.cluster.heal();
        both.aws.heal();
        both.advance(Duration.ofMinutes(5));

        assertThat(both.cluster.all()).hasSize(1);
        assertThat(both.isEnabled(id("w0"))).isTrue();
        assertThat(denials).isEmpty();
        assertThat(both.cluster.storageClasses())
                .extracting(c -> c.getMetadata().getName())
                .containsExactly(CoreWorld.classOf("w0"));
    }

    private enum Moment {
        BEFORE,
        AFTER
    }

    /** The process ends around every request that it makes for one that is made, edited and deleted. */
    @ParameterizedTest
    @EnumSource(Moment.class)
    void theProcessMayEndAtAnyRequest(Moment moment) {
        for (int at = 0; at < 14; at++) {
            var short_ = new CoreWorld(at);
            short_.newKey(1);
            var left = new int[] {at};
            java.util.function.BiConsumer<String, String> end = (request, name) -> {
                if (left[0]-- == 0) {
                    throw new FakeAwsCrash();
                }
            };
            if (moment == Moment.BEFORE) {
                short_.cluster.before = end;
            } else {
                short_.cluster.after = end;
            }
            short_.start();
            short_.createReleasing("orders", key);
            survive(short_, Duration.ofSeconds(20));
            if (left[0] >= 0) {
                assertThat(short_.isEnabled(ORDERS))
                        .as("before the end at request " + at)
                        .isTrue();
            }
            short_.cluster.delete(ORDERS);
            survive(short_, Duration.ofSeconds(40));
            assertThat(short_.cluster.all()).as("the end at request " + at).isEmpty();
            assertThat(short_.cluster.storageClasses()).isEmpty();
            assertThat(short_.kms.policy(key)).doesNotContain("CmekOperator");
            assertThat(short_.cluster.events).noneMatch(e -> e.getReason().equals("DriftRepaired"));
        }
    }

    private static final class FakeAwsCrash extends Error {
        private static final long serialVersionUID = 1;
    }

    private static void survive(CoreWorld world, Duration time) {
        try {
            world.advance(time);
        } catch (FakeAwsCrash end) {
            world.crash();
            world.advance(time);
        }
    }
}
