package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one request to AWS throws does not keep the others from being made and reported. */
class AwsControllersTest {

    /** A request that can throw. */
    enum Request {
        DescribeKey("kms", true, true),
        GetKeyPolicy("kms", true, true),
        PutKeyPolicy("kms", true, true),
        GenerateDataKeyWithoutPlaintext("kms", true, true),
        Decrypt("kms", true, true),
        GetBucketEncryption("s3", false, true),
        ListBuckets("s3", false, true),
        HeadBucket("s3", false, true),
        CreateBucket("s3", false, true),
        PutPublicAccessBlock("s3", false, true),
        PutBucketEncryption("s3", false, true);

        /** Those that find out whose a bucket is that is denied. */
        private static final Set<Request> AFTER_DENIAL = EnumSet.of(ListBuckets, HeadBucket);

        final String operation;
        final boolean ofKey;
        final boolean ofBucket;

        Request(String service, boolean ofKey, boolean ofBucket) {
            this.operation = service + ":" + name();
            this.ofKey = ofKey;
            this.ofBucket = ofBucket;
        }
    }

    private final World world = new World(
            1, World.tenant("all", World.ROLE, CredentialScope.OWN, new CredentialScope(World.ROLE, null), "*"));
    private final KeyArn key = world.newKey(1);
    private final EncryptionRequest request =
            RequestOf.named("orders").data(key).bucket("orders-data").build();

    private Stream<ConditionResult> ofKey() {
        return world.judge(request).result().results().stream();
    }

    private ConditionResult ofBucket() {
        return world.judge(request, "orders-data").result().encrypted();
    }

    @ParameterizedTest
    @EnumSource
    void whatARequestThrowsIsReportedInTheConditionsOfWhatItIsAbout(Request call) {
        world.aws.rule((operation, identity, item) -> {
            if (item.contains("other") || item.equals(World.key(2).toString())) {
                return null;
            }
            if (Request.AFTER_DENIAL.contains(call) && operation.equals(Request.GetBucketEncryption.operation)) {
                return Trouble.DENIED;
            }
            return operation.equals(call.operation) ? Trouble.THROWS : null;
        });
        world.put(request);
        EncryptionRequest other = world.put(RequestOf.named("other")
                .data(world.newKey(2))
                .bucket("other-data")
                .build());
        world.advance(Duration.ofSeconds(5));

        assertThat(ofKey().allMatch(ConditionResult::isTrue)).isEqualTo(!call.ofKey);
        assertThat(ofBucket().isTrue()).isFalse();
        assertThat(Stream.concat(ofKey(), Stream.of(ofBucket())))
                .anySatisfy(j -> assertThat(j.message()).contains("IllegalStateException: broken in this test"));
        assertThat(world.judge(request).isAnswered()).isTrue();
        assertThat(world.judge(request, "orders-data").isAnswered()).isTrue();
        assertThat(world.judge(other).result().isReady()).isTrue();
        assertThat(world.judge(other, "other-data").result().encrypted().isTrue())
                .isTrue();

        world.aws.heal();
        world.advance(Duration.ofMinutes(2));
        assertThat(ofKey()).allMatch(ConditionResult::isTrue);
        assertThat(ofBucket().isTrue()).isTrue();
    }

    @Test
    void everyPortHasItsRequest() {
        long ports = Arrays.stream(new Class<?>[] {KeyService.class, BucketService.class})
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .filter(method -> !method.isDefault())
                .count();
        assertThat(Request.values()).as("a method was added: let it fail, too").hasSize((int) ports);
    }

    /** A fault of ours, in the middle of a turn. */
    @Test
    void aTurnThatFailsIsRepeatedAndKeepsNobodyFromWork() {
        world.put(request);
        world.aws.before = (operation, item) -> {
            throw new StackOverflowError("a fault of this test");
        };
        assertThatThrownBy(() -> world.controllers.workOnNext()).isInstanceOf(StackOverflowError.class);
        world.aws.before = (operation, item) -> {};
        assertThat(world.queue.inFlight()).isZero();
        world.advance(Duration.ofMinutes(1));
        assertThat(ofBucket().isTrue()).isTrue();
    }

    @Test
    void soIsOneThatFailsByAnException() {
        world.put(request);
        world.stabilize();
        world.live.requests.put(request.uid(), request);
        EncryptionRequest going = RequestOf.named("orders")
                .data(key)
                .bucket("orders-data")
                .release()
                .going()
                .build();
        var broken = new AwsControllers(
                world.queue,
                new KeyController(
                        world.kms,
                        world.index,
                        () -> {
                            throw new IllegalStateException("a fault of this test");
                        },
                        world.merge,
                        new KeyController.Settings(World.POLL, World.MAX_AGE, true),
                        world.ticker,
                        world.clock,
                        world.random,
                        WriteListener.NONE,
                        ControllerEvents.NONE,
                        k -> {}),
                world.buckets,
                world.random);
        world.enqueue(world.index.put(going, io.cmek.operator.index.LastApplied.NOTHING));
        while (broken.workOnNext()) {
            // Until nothing is ready.
        }
        assertThat(world.queue.inFlight()).isZero();
        assertThat(world.queue.untilNext())
                .hasValueSatisfying(left -> assertThat(left).isBetween(Duration.ofSeconds(1), Duration.ofMinutes(1)));
    }

    @Test
    void anAnswerIsPassedOnAndAThrownOneIsAFailure() {
        assertThat(GuardedCall.of("kms:Any", key, () -> new AwsResult.Success<>(1)))
                .isEqualTo(new AwsResult.Success<>(1));
        AwsResult<Integer> failed = GuardedCall.of("kms:Any", key, () -> {
            throw new IllegalStateException();
        });
        assertThat(failed)
                .isEqualTo(new AwsResult.Error<>(
                        new AwsError.Unavailable(new AwsError.Detail("kms:Any", "IllegalStateException", "", null))));
    }

    @Test
    void nothingIsReported() {
        ControllerEvents.NONE.leftBehind(request, "");
        var drift = new io.cmek.operator.condition.DriftRepair(
                io.cmek.operator.condition.DriftRepair.What.POLICY, "", false);
        ControllerEvents.NONE.repaired(request, drift);
        WriteListener.NONE.repaired(drift);
        WriteListener.NONE.policyConflict(key);
        WriteListener.NONE.policyWritten(key, null);
        assertThat(KeySnapshot.in(java.util.Map.of()).of(key)).isEqualTo(KeySnapshot.never(key));
    }
}
