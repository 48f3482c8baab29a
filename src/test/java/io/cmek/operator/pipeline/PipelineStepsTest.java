package io.cmek.operator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.act.BucketEncrypter;
import io.cmek.operator.act.KeyPolicyWriter;
import io.cmek.operator.act.StorageClassApi;
import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.act.WriteObserver;
import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Judgement.Verdict;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.key.Proof;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Sights;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.policy.KeyPolicyText;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.reflect.Modifier;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one step throws does not keep the others from being done and told. */
class PipelineStepsTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final Identity PROBE = new Identity(ROLE, null);
    private static final Claim CLAIM = claim(false);

    /** A step that can throw, and the conditions that then cannot be good. */
    enum Step {
        KEY_READ(ConditionType.KeysUsable, ConditionType.PolicyApplied, ConditionType.AccessVerified),
        POLICY_READ(ConditionType.PolicyApplied, ConditionType.AccessVerified),
        POLICY_WRITE(ConditionType.PolicyApplied, ConditionType.AccessVerified),
        ENCRYPT_PROOF(ConditionType.AccessVerified),
        DECRYPT_PROOF(ConditionType.AccessVerified),
        BUCKET_READ(ConditionType.BucketsEncrypted),
        BUCKET_WRITE(ConditionType.BucketsEncrypted),
        STORAGE_CLASS_WRITE(ConditionType.VolumesEncrypted),
        STORAGE_CLASS_CLIENT(ConditionType.VolumesEncrypted),
        EVENT();

        private final Set<ConditionType> own;

        Step(ConditionType... own) {
            this.own = own.length == 0 ? Set.of() : EnumSet.copyOf(List.of(own));
        }
    }

    private @Nullable Step broken;
    private String keyState = "Enabled";
    private String policy =
            "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Root\",\"Effect\":\"Allow\",\"Principal\":"
                    + "{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}";
    private BucketFacts bucket = new BucketFacts.Absent();
    private @Nullable StorageClass storageClass;

    private final KeyService kms = new KeyService() {
        @Override
        public Answer<KeyFacts> describe(Identity identity, KeyArn key) {
            fail(Step.KEY_READ);
            return new Answer.Got<>(new KeyFacts(
                    key, keyState, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER", "AWS_KMS", false, null, null));
        }

        @Override
        public Answer<String> readPolicy(Identity identity, KeyArn key) {
            fail(Step.POLICY_READ);
            return new Answer.Got<>(policy);
        }

        @Override
        public Answer<String> writePolicy(Identity identity, KeyArn key, String document, String onBehalfOf) {
            fail(Step.POLICY_WRITE);
            policy = document;
            return new Answer.Got<>(document);
        }

        @Override
        public Answer<Proof> proveEncrypt(Identity probe, KeyArn key) {
            fail(Step.ENCRYPT_PROOF);
            return new Answer.Got<>(new Proof(true, null));
        }

        @Override
        public Answer<Proof> proveDecrypt(Identity probe, KeyArn key, @Nullable String ciphertext) {
            fail(Step.DECRYPT_PROOF);
            return new Answer.Got<>(new Proof(true, null));
        }
    };

    private final BucketService s3 = new BucketService() {
        @Override
        public Answer<BucketFacts> look(Identity identity, String region, String name) {
            fail(Step.BUCKET_READ);
            return new Answer.Got<>(bucket);
        }

        @Override
        public Answer<Encryption> encrypt(
                Identity identity, String region, String name, KeyArn key, Encryption current) {
            return create(identity, region, name, key);
        }

        @Override
        public Answer<Encryption> create(Identity identity, String region, String name, KeyArn key) {
            fail(Step.BUCKET_WRITE);
            var encryption = new Encryption("aws:kms", key.toString(), true, List.of());
            bucket = new BucketFacts.Present(encryption);
            return new Answer.Got<>(encryption);
        }
    };

    private final StorageClassApi cluster = new StorageClassApi() {
        @Override
        public @Nullable StorageClass get(String name) {
            return storageClass;
        }

        @Override
        public StorageClass create(StorageClass made) {
            refuse();
            storageClass = made;
            return made;
        }

        @Override
        public void delete(StorageClass read) {
            refuse();
            storageClass = null;
        }

        private void refuse() {
            fail(Step.STORAGE_CLASS_CLIENT);
            if (broken == Step.STORAGE_CLASS_WRITE) {
                throw new KubernetesClientException("broken in this test", 403, null);
            }
        }
    };

    private final Clock clock = Clock.systemUTC();
    private final Tenant tenant = new Tenant(
            "default",
            ClaimsOf.tenant("default", ROLE, "*", "*").namespaces(),
            ClaimsOf.tenant("default", ROLE, "*", "*").keys(),
            ClaimsOf.tenant("default", ROLE, "*", "*").buckets(),
            Identity.OWN,
            Tenant.Principals.of(ROLE),
            PROBE);
    private final Sights sights = new Sights(
            watch("keys", k -> kms.describe(k.identity(), k.key())),
            watch("policies", k -> kms.readPolicy(k.identity(), k.key()).map(KeyPolicyText::of)),
            watch("access", k -> kms.proveAccess(k.identity(), k.key())),
            new Watch<>(
                    "buckets",
                    b -> s3.look(b.identity(), b.region(), b.name()),
                    BucketHandle::lane,
                    facts -> false,
                    pace(),
                    clock,
                    b -> true,
                    b -> {}));
    private final Pipeline pipeline = new Pipeline(
            new Entitlements(new Tenants(List.of(tenant)), ClaimsOf.of(CLAIM)),
            sights,
            new KeyPolicyWriter(kms, sights.policies(), new PolicyMerge("default"), true, clock, WriteObserver.NONE),
            new BucketEncrypter(s3, sights.buckets(), clock, WriteObserver.NONE),
            new StorageClassPublisher(cluster, WriteObserver.NONE, clock),
            clock);

    private <F> Watch<KeyHandle, F> watch(String name, java.util.function.Function<KeyHandle, Answer<F>> look) {
        return new Watch<>(name, look, KeyHandle::lane, facts -> false, pace(), clock, k -> true, k -> {});
    }

    private static Watch.Pace pace() {
        return new Watch.Pace(Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofMinutes(5));
    }

    private void fail(Step step) {
        if (broken == step) {
            throw new IllegalStateException("broken in this test");
        }
    }

    @AfterEach
    void close() {
        sights.close();
    }

    private Map<ConditionType, Judgement> run() {
        assertThat(pipeline.isAnswered(CLAIM)).isTrue();
        Assessment assessment = pipeline.run(CLAIM, seen(), Baseline.NONE, null, drift -> fail(Step.EVENT));
        if (assessment.judgements().values().stream().anyMatch(j -> j.message().contains("broken in this test"))
                && broken != Step.KEY_READ
                && broken != Step.POLICY_READ
                && broken != Step.ENCRYPT_PROOF
                && broken != Step.DECRYPT_PROOF
                && broken != Step.BUCKET_READ) {
            assertThat(assessment.retryAfter()).as("no watch tells of it").isPresent();
        }
        return assessment.judgements();
    }

    private io.cmek.operator.volume.@Nullable StorageClassSpec seen() {
        return storageClass == null ? null : StorageClassPublisher.read(storageClass);
    }

    @Test
    void allIsGoodWhereNothingFails() {
        assertThat(run().values()).allMatch(Judgement::isGood);
    }

    /** From nothing: a new resource of which one step fails. */
    @ParameterizedTest
    @EnumSource
    void aNewResourceTellsWhatItsOtherStepsFound(Step step) {
        broken = step;

        Map<ConditionType, Judgement> told = run();

        assertThat(told).containsKeys(ConditionType.VolumesEncrypted, ConditionType.BucketsEncrypted);
        assertThat(told.values()).noneMatch(j -> j.message().contains("AWS has not been asked yet"));
        step.own.forEach(
                type -> assertThat(told.get(type).isGood()).as(type.name()).isFalse());
        // What depends on a key that is not ready waits, and says so.
        boolean keyReady = step.own.stream()
                .noneMatch(
                        Set.of(ConditionType.KeysUsable, ConditionType.PolicyApplied, ConditionType.AccessVerified)
                                ::contains);
        told.forEach((type, judgement) -> {
            if (!step.own.contains(type)) {
                if (judgement.isGood()) {
                    return;
                }
                assertThat(keyReady).as(type + " " + judgement).isFalse();
                assertThat(judgement.reason()).as(type.name()).isIn(Reason.Pending, Reason.WaitingForKey);
            }
        });
        if (!step.own.isEmpty()) {
            assertThat(told.values()).anyMatch(j -> j.message().contains("broken in this test"));
        }

        broken = null;
    }

    /** From ENABLED: a step fails, and meanwhile the key is disabled, which must show. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KEY_READ")
    void aKeyThatIsDisabledMeanwhileShows(Step step) {
        run();
        broken = step;
        keyState = "Disabled";
        sights.keys().freshWithin(new KeyHandle(Identity.OWN, ClaimsOf.KEY), Duration.ZERO);
        sights.policies().freshWithin(new KeyHandle(Identity.OWN, ClaimsOf.KEY), Duration.ZERO);
        sights.buckets().freshWithin(new BucketHandle(Identity.OWN, "us-east-1", "orders-data"), Duration.ZERO);
        storageClass = null;

        Map<ConditionType, Judgement> told = run();

        assertThat(told.get(ConditionType.KeysUsable).reason()).isEqualTo(Reason.KeyDisabled);
        assertThat(told.get(ConditionType.KeysUsable).verdict()).isEqualTo(Verdict.False);
        assertThat(told.get(ConditionType.BucketsEncrypted).isGood())
                .as("a read that fails leaves what was known before")
                .isTrue();
    }

    /** The other way round: while the StorageClass is refused, what others change is repaired. */
    @Test
    void whatTheOtherStepsDoIsDone() {
        broken = Step.STORAGE_CLASS_WRITE;

        Map<ConditionType, Judgement> told = run();

        assertThat(told.get(ConditionType.VolumesEncrypted).reason()).isEqualTo(Reason.WriteDenied);
        assertThat(told.get(ConditionType.BucketsEncrypted).isGood()).isTrue();
        assertThat(policy).contains("CmekOperatordefaultDataUse");
        assertThat(bucket).isInstanceOf(BucketFacts.Present.class);
    }

    @Test
    void whileWritesAreHeldWhatIsInPlaceIsToldAndNothingIsWritten() {
        Assessment held = pipeline.run(CLAIM, seen(), Baseline.NONE, "the read of the Workgroup failed", drift -> {});

        assertThat(held.judgements().get(ConditionType.KeysUsable).isGood()).isTrue();
        assertThat(held.judgements().get(ConditionType.VolumesEncrypted).message())
                .contains("the read of the Workgroup");
        assertThat(policy).doesNotContain("CmekOperator");
        assertThat(bucket).isInstanceOf(BucketFacts.Absent.class);
        assertThat(storageClass).isNull();

        run();
        assertThat(pipeline.run(CLAIM, seen(), Baseline.NONE, "the read of the Workgroup failed", drift -> {})
                        .judgements()
                        .values())
                .as("what is in place is in place")
                .allMatch(Judgement::isGood);
    }

    @ParameterizedTest
    @EnumSource(names = {"POLICY_WRITE", "STORAGE_CLASS_WRITE", "STORAGE_CLASS_CLIENT"})
    void aStepOfTheEndThatFailsIsToldAndTheResourceStays(Step step) {
        run();
        Claim leaving = claim(true);
        broken = step;

        Release release = pipeline.leave(leaving);

        assertThat(release.judgements().get(ConditionType.Deletable).verdict()).isEqualTo(Verdict.Unknown);
        assertThat(release.judgements().get(ConditionType.Deletable).message()).contains("broken in this test");
        assertThat(storageClass).isNotNull();
        assertThat(release.retryAfter()).isPositive();
        assertThat(pipeline.usable(leaving))
                .hasValueSatisfying(j -> assertThat(j.isGood()).isTrue());

        broken = null;
    }

    private static Claim claim(boolean leaving) {
        Claim claim = ClaimsOf.claim("team-a", "orders", 1, "orders-data");
        return new Claim(
                claim.id(),
                claim.uid(),
                claim.createdAt(),
                claim.region(),
                claim.keys(),
                claim.buckets(),
                new VolumeUse("cmek-team-a-orders", ClaimsOf.KEY, Map.of(), ReclaimPolicy.Retain),
                claim.databases(),
                claim.policyManagement(),
                leaving ? DeletionPolicy.Release : DeletionPolicy.Retain,
                leaving,
                false,
                claim.served(),
                claim.standing());
    }

    /** All steps of the pipeline were thought of: one for each method of its ports that can throw. */
    @Test
    void everyPortHasItsStep() {
        long ports = Stream.of(KeyService.class, BucketService.class, StorageClassApi.class)
                .flatMap(port -> Stream.of(port.getMethods()))
                .filter(method -> Modifier.isAbstract(method.getModifiers()))
                .count();
        assertThat(ports)
                .as("a method was added: inject a failure into it, too")
                .isEqualTo(5 + 3 + 3);
    }
}
