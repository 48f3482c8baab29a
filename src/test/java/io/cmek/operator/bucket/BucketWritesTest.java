package io.cmek.operator.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.aws.Answer;
import io.cmek.operator.aws.Failure;
import io.cmek.operator.aws.Identity;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BucketWritesTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final String OTHER = "arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab";
    private static final BucketUse USE = new BucketUse(Purpose.Data, "orders-data", KEY, Provisioning.Create);
    private static final Encryption OF_NEW_BUCKET = new Encryption("AES256", null, false, List.of("SSE-C"));
    private static final Encryption IN_PLACE = new Encryption("aws:kms", KEY.toString(), true, List.of());

    private final OneBucket s3 = new OneBucket();
    private final BucketWrites writes = writes(false);

    /** What a process knows of the bucket that it made itself; whoever comes after it does not. */
    private boolean made;

    private BucketWrites writes(boolean unfinished) {
        return new BucketWrites(s3, Identity.OWN, "us-east-1", USE, unfinished, () -> made = true, () -> true);
    }

    @Test
    void isMadeThenPrivateThenEncrypted() {
        assertThat(writes.create()).isEqualTo(new Answer.Got<>(IN_PLACE));
        assertThat(s3.asked).containsExactly("look", "create", "block", "encrypt");
        assertThat(made).isTrue();
    }

    /** Whoever comes after the crash knows only what S3 shows. */
    @ParameterizedTest
    @CsvSource({
        "create, false",
        "create, true",
        "block, false",
        "block, true",
        "encrypt, false",
        "encrypt, true",
    })
    void isFinishedAfterACrashBetweenAnyTwoRequests(String request, boolean tookEffect) {
        s3.crashAt = request;
        s3.crashAfterwards = tookEffect;
        assertThatThrownBy(writes::create).isInstanceOf(Crash.class);
        s3.crashAt = null;

        assertThat(planAnew(writes(false))).isEqualTo(new Answer.Got<>(s3.encryption));
        assertThat(s3.encryption).isNotNull();
        assertThat(s3.encryption.kmsKeyId()).isEqualTo(KEY.toString());
    }

    /** Nor is one that the operator made ever encrypted and public, at any moment. */
    @ParameterizedTest
    @ValueSource(strings = {"create", "block", "encrypt"})
    void aRequestThatFailsEndsIt(String request) {
        s3.failAt = request;
        assertThat(writes.create()).isEqualTo(new Answer.Failed<>(OneBucket.FAILURE));
        assertThat(s3.asked).endsWith(request);
        assertThat(made).as("it was made, or may have been").isTrue();
        s3.failAt = null;

        assertThat(planAnew(writes(made))).isInstanceOf(Answer.Got.class);
        assertThat(s3.isPrivate).isTrue();
        assertThat(s3.wasPrivateWhenEncrypted).isTrue();
    }

    /** Somebody may have opened it on purpose. */
    @Test
    void aBucketThatWasThereBeforeIsEncryptedAndLeftAsOpenAsItIs() {
        s3.encryption = OF_NEW_BUCKET;
        assertThat(planAnew(writes)).isInstanceOf(Answer.Got.class);
        assertThat(s3.asked).containsExactly("look", "encrypt");
        assertThat(s3.isPrivate).isFalse();
        assertThat(made).isFalse();
    }

    @Test
    void aBucketThatTheOperatorMadeIsMadePrivateByALaterAttemptToo() {
        s3.encryption = OF_NEW_BUCKET;
        assertThat(planAnew(writes(true))).isInstanceOf(Answer.Got.class);
        assertThat(s3.asked).containsExactly("look", "block", "encrypt");
    }

    /** It is not known to be private. */
    @Test
    void whereItCannotBeMadePrivateItIsNotEncrypted() {
        s3.encryption = OF_NEW_BUCKET;
        s3.failAt = "block";
        assertThat(planAnew(writes(true))).isEqualTo(new Answer.Failed<>(OneBucket.FAILURE));
        assertThat(s3.encryption).isEqualTo(OF_NEW_BUCKET);
    }

    @Test
    void whatHasAppearedMeanwhileIsTakenOver() {
        s3.encryption = OF_NEW_BUCKET;
        assertThat(writes.create()).isInstanceOf(Answer.Got.class);
        assertThat(s3.asked).containsExactly("look", "encrypt");
        assertThat(made).isFalse();
        assertThat(s3.encryption.blockedEncryptionTypes()).containsExactly("SSE-C");
    }

    @Test
    void whatAppearsInTheLastMomentIsLookedAt() {
        s3.appears = OF_NEW_BUCKET;
        assertThat(writes.create()).isInstanceOf(Answer.Got.class);
        assertThat(s3.asked).containsExactly("look", "create", "look", "encrypt");
        assertThat(made).isFalse();
    }

    @Test
    void whatIsInPlaceIsNotWritten() {
        var dual = new Encryption("aws:kms:dsse", KEY.toString(), false, List.of());
        s3.encryption = dual;
        assertThat(writes.create()).isEqualTo(new Answer.Got<>(dual));
        assertThat(s3.asked).containsExactly("look");
    }

    @Test
    void whatIsUnderAnotherKeyIsLeftAlone() {
        s3.encryption = new Encryption("aws:kms", OTHER, true, List.of());
        assertThat(writes.create())
                .isInstanceOfSatisfying(
                        Answer.Failed.class,
                        failed -> assertThat(failed.failure()).isInstanceOf(Failure.Rejected.class));
        assertThat(s3.asked).containsExactly("look");
    }

    private Answer<Encryption> planAnew(BucketWrites writes) {
        var facts = ((Answer.Got<BucketFacts>) s3.look(Identity.OWN, "us-east-1", USE.name())).value();
        return switch (BucketPlan.of(USE, "us-east-1", facts)) {
            case BucketPlan.Create() -> writes.create();
            case BucketPlan.Encrypt plan -> writes.encrypt(plan);
            case BucketPlan.Nothing(Encryption encryption) -> new Answer.Got<>(encryption);
            case BucketPlan.Refuse refuse -> throw new AssertionError(refuse);
        };
    }

    private static final class Crash extends RuntimeException {}

    /** S3 with one bucket, or without it, that blocks public access only when it is told to. */
    private static final class OneBucket implements BucketService {

        static final Failure FAILURE =
                new Failure.Unavailable(new Failure.Detail("s3:any", "InternalError", "no", null));

        final List<String> asked = new ArrayList<>();

        /** Null while there is no bucket. */
        @Nullable
        Encryption encryption;

        boolean isPrivate;

        boolean wasPrivateWhenEncrypted;

        /** What somebody else makes right before our CreateBucket. */
        @Nullable
        Encryption appears;

        @Nullable
        String crashAt;

        boolean crashAfterwards;

        @Nullable
        String failAt;

        private <T> Answer<T> answer(String request, T answer, Runnable effect) {
            asked.add(request);
            if (request.equals(failAt)) {
                return new Answer.Failed<>(FAILURE);
            }
            if (!request.equals(crashAt) || crashAfterwards) {
                effect.run();
            }
            if (request.equals(crashAt)) {
                throw new Crash();
            }
            return new Answer.Got<>(answer);
        }

        @Override
        public Answer<Boolean> isListed(Identity identity, String region, String bucket) {
            throw new AssertionError("nothing is denied here");
        }

        @Override
        public Answer<Boolean> isTaken(Identity identity, String region, String bucket) {
            throw new AssertionError("nothing is denied here");
        }

        @Override
        public Answer<BucketFacts> readEncryption(Identity identity, String region, String bucket) {
            return answer(
                    "look",
                    encryption == null ? new BucketFacts.Absent() : new BucketFacts.Present(encryption),
                    () -> {});
        }

        @Override
        public Answer<Creation> create(Identity identity, String region, String bucket) {
            if (appears != null) {
                encryption = appears;
                return answer("create", Creation.ALREADY_OURS, () -> {});
            }
            return answer("create", Creation.MADE, () -> encryption = OF_NEW_BUCKET);
        }

        @Override
        public Answer<String> blockPublicAccess(Identity identity, String region, String bucket) {
            return answer("block", bucket, () -> isPrivate = true);
        }

        @Override
        public Answer<Encryption> encrypt(
                Identity identity, String region, String bucket, KeyArn key, Encryption current) {
            wasPrivateWhenEncrypted = isPrivate;
            var put = new Encryption("aws:kms", key.toString(), true, current.blockedEncryptionTypes());
            return answer("encrypt", put, () -> encryption = put);
        }
    }
}
