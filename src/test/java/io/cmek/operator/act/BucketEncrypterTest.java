package io.cmek.operator.act;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.claim.BucketUse;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BucketEncrypterTest {

    private static final String REGION = "us-east-1";
    private static final BucketUse USE = new BucketUse(Purpose.Data, "orders-data", ClaimsOf.KEY, Provisioning.Create);
    private static final BucketHandle BUCKET = new BucketHandle(Identity.OWN, REGION, USE.name());
    private static final Failure.Unavailable SILENCE =
            new Failure.Unavailable(new Failure.Detail("s3:any", "TimedOut", "no answer", null));

    private final ManualClock clock = new ManualClock();
    private final OneBucket s3 = new OneBucket();
    private final Watch<BucketHandle, BucketFacts> watch = new Watch<>(
            "buckets",
            b -> s3.look(b.identity(), b.region(), b.name()),
            BucketHandle::lane,
            facts -> false,
            new Watch.Pace(Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofMinutes(5)),
            clock,
            b -> true,
            b -> {});
    private final BucketEncrypter encrypter = new BucketEncrypter(s3, watch, clock, WriteObserver.NONE);

    @AfterEach
    void close() {
        watch.close();
    }

    /** Each call to a region that hangs takes its time, and it is the reconciler's. */
    @Test
    void asksNoMoreWhileTheWatchSeesThatS3DoesNotAnswer() {
        assertThat(reason()).isEqualTo(Reason.BucketsEncrypted);
        s3.facts = new BucketFacts.Absent();
        watch.freshWithin(BUCKET, Duration.ZERO);
        s3.silent = true;
        assertThat(reason()).as("a write fails").isEqualTo(Reason.AwsUnavailable);
        clock.pass(Duration.ofMinutes(1));
        assertThat(reason()).as("then a look").isEqualTo(Reason.AwsUnavailable);
        int asked = s3.asked.size();
        for (int i = 0; i < 2; i++) {
            clock.pass(Duration.ofMinutes(1));
            assertThat(reason()).isEqualTo(Reason.AwsUnavailable);
        }
        assertThat(s3.asked).hasSize(asked);

        s3.silent = false;
        watch.freshWithin(BUCKET, Duration.ZERO);
        clock.pass(Duration.ofMinutes(1));
        assertThat(reason()).isEqualTo(Reason.BucketsEncrypted);
        assertThat(s3.asked).endsWith("create");
    }

    /** The first is put back at once, and then ever more slowly, up to five minutes, and for ever. */
    @Test
    void whoSetsItBackEachTimeIsAnsweredEverMoreSlowly() {
        assertThat(reason()).isEqualTo(Reason.BucketsEncrypted);
        s3.asked.clear();
        Encryption before = new Encryption("aws:kms", ClaimsOf.KEY.toString(), true, List.of());
        Encryption theirs = new Encryption("AES256", null, false, List.of());
        int repaired = 0;
        for (int second = 0; second < 3600; second++) {
            s3.facts = new BucketFacts.Present(theirs);
            watch.freshWithin(BUCKET, Duration.ZERO);
            var told = new ArrayList<Drift>();
            BucketAssessment assessment = encrypter.encrypt(USE, REGION, Identity.OWN, true, before, told::add);
            // As the status says it from now on.
            before = assessment.encryption();
            repaired += told.size();
            if (assessment.encrypted().isGood()) {
                assertThat(told).hasSize(1);
            } else {
                assertThat(assessment.encrypted().message())
                        .contains(USE.name(), "changed again", "put it back", "It is put back at 2026-");
                assertThat(assessment.encryption()).isEqualTo(theirs);
                assertThat(assessment.retryAfter())
                        .isBetween(Duration.ZERO, Duration.ofMinutes(5).plusMillis(50));
            }
            if (second == 0) {
                assertThat(assessment.encrypted().isGood())
                        .as("the first at once")
                        .isTrue();
            }
            clock.pass(Duration.ofSeconds(1));
        }
        assertThat(s3.asked.stream().filter("encrypt"::equals)).hasSizeBetween(15, 20);
        assertThat(repaired)
                .isEqualTo((int) s3.asked.stream().filter("encrypt"::equals).count());
        clock.pass(Duration.ofMinutes(5));
        assertThat(reason()).as("it never ends").isEqualTo(Reason.BucketsEncrypted);
    }

    private Reason reason() {
        return encrypter
                .encrypt(USE, REGION, Identity.OWN, true, null, drift -> {})
                .encrypted()
                .reason();
    }

    /** S3 with one bucket, or without it. */
    private static final class OneBucket implements BucketService {

        final List<String> asked = new ArrayList<>();
        BucketFacts facts = new BucketFacts.Absent();
        boolean silent;

        @Override
        public Answer<BucketFacts> look(Identity identity, String region, String bucket) {
            asked.add("look");
            return silent ? new Answer.Failed<>(SILENCE) : new Answer.Got<>(facts);
        }

        @Override
        public Answer<Encryption> encrypt(
                Identity identity, String region, String bucket, KeyArn key, Encryption current) {
            asked.add("encrypt");
            return written(key);
        }

        @Override
        public Answer<Encryption> create(Identity identity, String region, String bucket, KeyArn key) {
            asked.add("create");
            return written(key);
        }

        private Answer<Encryption> written(KeyArn key) {
            if (silent) {
                return new Answer.Failed<>(SILENCE);
            }
            var encryption = new Encryption("aws:kms", key.toString(), true, List.of());
            facts = new BucketFacts.Present(encryption);
            return new Answer.Got<>(encryption);
        }
    }
}
