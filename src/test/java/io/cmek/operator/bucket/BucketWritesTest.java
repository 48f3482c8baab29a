package io.cmek.operator.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
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
        return new BucketWrites(s3, CredentialScope.OWN, "us-east-1", USE, unfinished, () -> made = true, () -> true);
    }

    @Test
    void isMadeThenPrivateThenEncrypted() {
        assertThat(writes.create()).isEqualTo(new AwsResult.Success<>(IN_PLACE));
        assertThat(s3.asked).containsExactly("read", "create", "block", "encrypt");
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

        assertThat(planAnew(writes(false))).isEqualTo(new AwsResult.Success<>(s3.encryption));
        assertThat(s3.encryption).isNotNull();
        assertThat(s3.encryption.kmsKeyId()).isEqualTo(KEY.toString());
    }

    /** Nor is one that the operator made ever encrypted and public, at any moment. */
    @ParameterizedTest
    @ValueSource(strings = {"create", "block", "encrypt"})
    void aRequestThatFailsEndsIt(String request) {
        s3.failAt = request;
        assertThat(writes.create()).isEqualTo(new AwsResult.Error<>(OneBucket.FAILURE));
        assertThat(s3.asked).endsWith(request);
        assertThat(made).as("it was made, or may have been").isTrue();
        s3.failAt = null;

        assertThat(planAnew(writes(made))).isInstanceOf(AwsResult.Success.class);
        assertThat(s3.isPrivate).isTrue();
        assertThat(s3.wasPrivateWhenEncrypted).isTrue();
    }

    /** Somebody may have opened it on purpose. */
    @Test
    void aBucketThatWasThereBeforeIsEncryptedAndLeftAsOpenAsItIs() {
        s3.encryption = OF_NEW_BUCKET;
        assertThat(planAnew(writes)).isInstanceOf(AwsResult.Success.class);
        assertThat(s3.asked).containsExactly("read", "encrypt");
        assertThat(s3.isPrivate).isFalse();
        assertThat(made).isFalse();
    }

    @Test
    void aBucketThatTheOperatorMadeIsMadePrivateByALaterAttemptToo() {
        s3.encryption = OF_NEW_BUCKET;
        assertThat(planAnew(writes(true))).isInstanceOf(AwsResult.Success.class);
        assertThat(s3.asked).containsExactly("read", "block", "encrypt");
    }

    /** It is not known to be private. */
    @Test
    void whereItCannotBeMadePrivateItIsNotEncrypted() {
        s3.encryption = OF_NEW_BUCKET;
        s3.failAt = "block";
        assertThat(planAnew(writes(true))).isEqualTo(new AwsResult.Error<>(OneBucket.FAILURE));
        assertThat(s3.encryption).isEqualTo(OF_NEW_BUCKET);
    }

    @Test
    void whatHasAppearedMeanwhileIsTakenOver() {
        s3.encryption = OF_NEW_BUCKET;
        assertThat(writes.create()).isInstanceOf(AwsResult.Success.class);
        assertThat(s3.asked).containsExactly("read", "encrypt");
        assertThat(made).isFalse();
        assertThat(s3.encryption.blockedEncryptionTypes()).containsExactly("SSE-C");
    }

    @Test
    void whatAppearsInTheLastMomentIsRead() {
        s3.appears = OF_NEW_BUCKET;
        assertThat(writes.create()).isInstanceOf(AwsResult.Success.class);
        assertThat(s3.asked).containsExactly("read", "create", "read", "encrypt");
        assertThat(made).isFalse();
    }

    @Test
    void whatIsInPlaceIsNotWritten() {
        var dual = new Encryption("aws:kms:dsse", KEY.toString(), false, List.of());
        s3.encryption = dual;
        assertThat(writes.create()).isEqualTo(new AwsResult.Success<>(dual));
        assertThat(s3.asked).containsExactly("read");
    }

    @Test
    void whatIsUnderAnotherKeyIsLeftAlone() {
        s3.encryption = new Encryption("aws:kms", OTHER, true, List.of());
        assertThat(writes.create())
                .isInstanceOfSatisfying(
                        AwsResult.Error.class,
                        failed -> assertThat(failed.failure()).isInstanceOf(AwsError.Rejected.class));
        assertThat(s3.asked).containsExactly("read");
    }

    private AwsResult<Encryption> planAnew(BucketWrites writes) {
        var facts = ((AwsResult.Success<BucketFacts>) s3.inspect(CredentialScope.OWN, "us-east-1", USE.name())).value();
        return switch (BucketPlan.of(USE, "us-east-1", facts)) {
            case BucketPlan.Create() -> writes.create();
            case BucketPlan.Encrypt plan -> writes.encrypt(plan);
            case BucketPlan.Nothing(Encryption encryption) -> new AwsResult.Success<>(encryption);
            case BucketPlan.Refuse refuse -> throw new AssertionError(refuse);
        };
    }

    private static final class Crash extends RuntimeException {}

    /** S3 with one bucket, or without it, that blocks public access only when it is asked to. */
    private static final class OneBucket implements BucketService {

        static final AwsError FAILURE =
                new AwsError.Unavailable(new AwsError.Detail("s3:any", "InternalError", "no", null));

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

        private <T> AwsResult<T> answer(String request, T answer, Runnable effect) {
            asked.add(request);
            if (request.equals(failAt)) {
                return new AwsResult.Error<>(FAILURE);
            }
            if (!request.equals(crashAt) || crashAfterwards) {
                effect.run();
            }
            if (request.equals(crashAt)) {
                throw new Crash();
            }
            return new AwsResult.Success<>(answer);
        }

        @Override
        public AwsResult<Boolean> isListed(CredentialScope identity, String region, String bucket) {
            throw new AssertionError("nothing is denied here");
        }

        @Override
        public AwsResult<Boolean> isTaken(CredentialScope identity, String region, String bucket) {
            throw new AssertionError("nothing is denied here");
        }

        @Override
        public AwsResult<BucketFacts> readEncryption(CredentialScope identity, String region, String bucket) {
            return answer(
                    "read",
                    encryption == null ? new BucketFacts.Absent() : new BucketFacts.Present(encryption),
                    () -> {});
        }

        @Override
        public AwsResult<Creation> create(CredentialScope identity, String region, String bucket) {
            if (appears != null) {
                encryption = appears;
                return answer("create", Creation.ALREADY_OURS, () -> {});
            }
            return answer("create", Creation.MADE, () -> encryption = OF_NEW_BUCKET);
        }

        @Override
        public AwsResult<String> blockPublicAccess(CredentialScope identity, String region, String bucket) {
            return answer("block", bucket, () -> isPrivate = true);
        }

        @Override
        public AwsResult<Encryption> encrypt(
                CredentialScope identity, String region, String bucket, KeyArn key, Encryption current) {
            wasPrivateWhenEncrypted = isPrivate;
            var put = new Encryption("aws:kms", key.toString(), true, current.blockedEncryptionTypes());
            return answer("encrypt", put, () -> encryption = put);
        }
    }
}
