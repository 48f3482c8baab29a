package io.cmek.operator.act;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.answerer.Answerer;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.aws.AwsClients;
import io.cmek.operator.aws.AwsSettings;
import io.cmek.operator.aws.CallObserver;
import io.cmek.operator.aws.KmsKeyService;
import io.cmek.operator.aws.S3BucketService;
import io.cmek.operator.aws.SdkSettings;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.claim.BucketUse;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.observe.Watch.Pace;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.KeyPolicyText;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.PolicyOutcome;
import io.cmek.operator.policy.StatementKind;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a write is told as: the first of its kind, more of the same, or a repair. */
class WriteReportsTest {

    private static final String REGION = "us-east-1";
    private static final Pace PACE = new Pace(Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofMinutes(5));
    private static final ClaimId CLAIM = new ClaimId("Workgroup", "team-a", "orders");
    private static final Grants ONE =
            Grants.of(StatementKind.DATA_USE, List.of("arn:aws:iam::111122223333:role/data-plane"));
    private static final Grants TWO =
            ONE.plus(Grants.of(StatementKind.BACKUP_USE, List.of("arn:aws:iam::111122223333:role/backup")));

    private final List<String> told = new ArrayList<>();
    private final WriteObserver observer = new WriteObserver() {
        @Override
        public void policyWritten(KeyArn key, @Nullable Failure failure) {
            told.add(failure == null ? "written" : failure.getClass().getSimpleName());
        }

        @Override
        public void policyConflict(KeyArn key) {
            told.add("conflict");
        }

        @Override
        public void repaired(Drift drift) {
            told.add("repaired " + drift.what());
        }
    };

    private Instant now = Instant.parse("2026-03-01T10:00:00Z");

    /** Time passes between any two looks. */
    private final InstantSource instants = () -> now = now.plusMillis(1);

    private final Clock clock = instants.withZone(ZoneOffset.UTC);
    private Answerer answerer;
    private SdkSettings settings;
    private AwsClients aws;
    private KmsKeyService keys;
    private KeyHandle key;
    private String original;

    /** What somebody else writes just before each of our reads, null for nobody. */
    private @Nullable String intruder;

    @BeforeEach
    void start() throws IOException {
        answerer = Answerer.start();
        settings = SdkSettings.of(answerer.endpoint(), "any", "any");
        aws = new AwsClients(AwsSettings.of("test", true), CallObserver.NONE);
        keys = new KmsKeyService(aws);
        key = new KeyHandle(
                Identity.OWN, KeyArn.parse(answerer.seedKeys(1, REGION).getFirst()));
        original = Objects.requireNonNull(answerer.policy(key.key().toString()));
    }

    @AfterEach
    void stop() {
        aws.close();
        settings.close();
        answerer.close();
    }

    private Watch<KeyHandle, KeyPolicyText> policies() {
        return new Watch<>("policies", this::read, KeyHandle::lane, policy -> false, PACE, clock, k -> true, k -> {});
    }

    private Answer<KeyPolicyText> read(KeyHandle key) {
        if (intruder != null) {
            keys.writePolicy(key.identity(), key.key(), intruder, "somebody");
        }
        return keys.readPolicy(key.identity(), key.key()).map(KeyPolicyText::of);
    }

    private KeyPolicyWriter writer() {
        return new KeyPolicyWriter(keys, policies(), new PolicyMerge("test"), true, clock, observer);
    }

    private static PolicyOutcome grow(KeyPolicyWriter writer, KeyHandle key, Grants wanted) {
        return writer.grow(CLAIM, key, () -> wanted, Grants.NONE);
    }

    @Test
    void aFirstWriteAndMoreOfTheSameAreNoRepairs() {
        KeyPolicyWriter writer = writer();
        assertThat(grow(writer, key, ONE)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(grow(writer, key, ONE)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(grow(writer, key, TWO)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(told).containsExactly("written", "written");
    }

    @Test
    void whatWasTakenAwayIsRepaired() {
        var watch = policies();
        var writer = new KeyPolicyWriter(keys, watch, new PolicyMerge("test"), true, clock, observer);
        grow(writer, key, TWO);
        told.clear();

        keys.writePolicy(key.identity(), key.key(), original, "somebody");
        now = now.plusSeconds(60);
        watch.freshWithin(key, Duration.ZERO);
        assertThat(grow(writer, key, TWO)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(told).containsExactly("written", "repaired POLICY");
    }

    @Test
    void aReleaseIsNoDrift() {
        KeyPolicyWriter writer = writer();
        grow(writer, key, TWO);
        told.clear();

        assertThat(writer.release(CLAIM, key, TWO, () -> ONE)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(grow(writer, key, ONE)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(grow(writer, key, TWO)).isInstanceOf(PolicyOutcome.InPlace.class);
        assertThat(told).containsExactly("written", "written");
    }

    @Test
    void somebodyWhoWritesOverEachWriteIsAConflictEachTime() {
        KeyPolicyWriter writer = writer();
        intruder = original;
        assertThat(grow(writer, key, ONE)).isInstanceOf(PolicyOutcome.Conflict.class);
        assertThat(told.stream().filter("written"::equals))
                .hasSameSizeAs(told.stream().filter("conflict"::equals).toList());
        assertThat(told).contains("conflict").doesNotContain("repaired POLICY");
    }

    @Test
    void aBucketThatLosesItsEncryptionIsRepaired() {
        var buckets = new S3BucketService(aws);
        var watch = new Watch<BucketHandle, BucketFacts>(
                "buckets",
                b -> buckets.look(b.identity(), b.region(), b.name()),
                BucketHandle::lane,
                facts -> false,
                PACE,
                clock,
                b -> true,
                b -> {});
        var encrypter = new BucketEncrypter(buckets, watch, clock, observer);
        var use = new BucketUse(Purpose.Data, "orders-data", key.key(), Provisioning.Create);
        var before = new Encryption("aws:kms", key.key().toString(), true, List.of());
        encrypter.encrypt(use, REGION, Identity.OWN, true, null, drift -> {});
        encrypter.encrypt(use, REGION, Identity.OWN, true, before, drift -> {});
        assertThat(told).as("making it is no repair").isEmpty();

        watch.note(
                new BucketHandle(Identity.OWN, REGION, use.name()),
                new BucketFacts.Present(new Encryption("AES256", null, false, List.of())));
        assertThat(encrypter
                        .encrypt(use, REGION, Identity.OWN, false, before, drift -> {})
                        .encrypted()
                        .isGood())
                .isFalse();
        assertThat(told).as("without its key it cannot be repaired").isEmpty();
        assertThat(encrypter
                        .encrypt(use, REGION, Identity.OWN, true, null, drift -> {})
                        .encrypted()
                        .isGood())
                .isTrue();
        assertThat(told).containsExactly("repaired BUCKET");
    }
}
