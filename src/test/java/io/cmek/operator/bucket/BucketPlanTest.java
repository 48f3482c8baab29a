package io.cmek.operator.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketPlanTest {

    private static final String ID = "1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final String KEY = "arn:aws:kms:us-east-1:111122223333:key/" + ID;
    private static final String OTHER = "arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab";

    private static final Encryption IN_PLACE = new Encryption("aws:kms", KEY, true, List.of());

    @ParameterizedTest
    @CsvSource({
        "aws:kms, " + KEY + ", true",
        "aws:kms:dsse, " + KEY + ", true",
        "aws:kms:dsse, " + KEY + ", false",
    })
    void nothingIsDoneWhereTheKeyIsInPlace(String algorithm, String key, boolean bucketKey) {
        var current = encryption(algorithm, key, bucketKey);

        assertThat(plan(new BucketFacts.Present(current))).isEqualTo(new BucketPlan.Nothing(current));
    }

    @ParameterizedTest
    @CsvSource({
        ",,false",
        "AES256,,false",
        "AES256,,true",
        // The AWS managed key, in every form that S3 gives it back.
        "aws:kms,,false",
        "aws:kms,alias/aws/s3,true",
        "aws:kms,arn:aws:kms:us-east-1:111122223333:alias/aws/s3,true",
        "aws:kms:dsse,,false",
        // Ours, but without S3 Bucket Key, or by an id that means another key elsewhere.
        "aws:kms," + KEY + ",false",
        "aws:kms," + ID + ",true",
        "aws:kms:dsse," + ID + ",false",
    })
    void aBucketUnderNoOtherCustomerKeyIsEncrypted(
            @Nullable String algorithm, @Nullable String key, boolean bucketKey) {
        var current = encryption(algorithm, key, bucketKey);

        assertThat(plan(new BucketFacts.Present(current))).isEqualTo(new BucketPlan.Encrypt(current));
    }

    @ParameterizedTest
    @CsvSource({
        "aws:kms," + OTHER + ",true",
        "aws:kms:dsse," + OTHER + ",false",
        "aws:kms,9876fedc-12ab-34cd-56ef-1234567890ab,true",
        "aws:kms,alias/orders,true",
        "aws:kms,arn:aws:kms:us-east-1:111122223333:alias/orders,true",
        "aws:kms,arn:aws:kms:us-west-2:111122223333:key/" + ID + ",true",
        "aws:kms,alias/not-aws/s3,true",
        "aws:kms,alias/my-alias/aws/s3,true",
    })
    void aBucketUnderAnotherCustomerKeyIsNotReKeyed(String algorithm, String key, boolean bucketKey) {
        assertRefused(
                plan(new BucketFacts.Present(encryption(algorithm, key, bucketKey))),
                Reason.BucketUnderAnotherKey,
                key);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "AES256 | | false | had AES256 as its default encryption",
                "aws:kms | | true | had aws:kms as its default encryption",
                "aws:kms | alias/aws/s3 | true | had aws:kms with alias/aws/s3 as its default encryption",
                " | | false | had no default encryption",
                "aws:kms | " + KEY + " | false | had its S3 Bucket Key off",
            })
    void whatWasChangedAboutABucketThatWasInPlaceIsReported(
            @Nullable String algorithm, @Nullable String key, boolean bucketKey, String found) {
        var current = encryption(algorithm, key, bucketKey);
        Optional<BucketPlan.Change> change =
                BucketPlan.change(use(Provisioning.Create), new BucketPlan.Encrypt(current), IN_PLACE);

        assertThat(change).hasValueSatisfying(c -> {
            assertThat(c.found()).isEqualTo("The data bucket orders-data " + found + ".");
            assertThat(c.lossy()).isFalse();
        });
    }

    @Test
    void aDeletedBucketIsALoss() {
        assertThat(BucketPlan.change(use(Provisioning.Create), new BucketPlan.Create(), IN_PLACE))
                .hasValueSatisfying(c -> {
                    assertThat(c.lossy()).isTrue();
                    assertThat(c.found()).contains("deleted", "gone");
                });
    }

    @Test
    void nothingIsTakenForAChangeOfWhatWasNotInPlace() {
        var encrypt = new BucketPlan.Encrypt(encryption("AES256", null, false));

        assertThat(BucketPlan.change(use(Provisioning.Create), encrypt, null)).isEmpty();
        assertThat(BucketPlan.change(use(Provisioning.Create), encrypt, encryption("AES256", null, false)))
                .isEmpty();
        assertThat(BucketPlan.change(use(Provisioning.Create), encrypt, encryption("aws:kms", OTHER, true)))
                .isEmpty();
        assertThat(BucketPlan.change(use(Provisioning.Create), new BucketPlan.Nothing(IN_PLACE), IN_PLACE))
                .isEmpty();
        assertThat(BucketPlan.change(
                        use(Provisioning.Create),
                        plan(new BucketFacts.Present(encryption("aws:kms", OTHER, true))),
                        IN_PLACE))
                .as("re-keyed by somebody: not ours to mend")
                .isEmpty();
    }

    @Test
    void aMissingBucketIsMadeOnlyWhereThatIsAskedFor() {
        assertThat(plan(new BucketFacts.Absent())).isEqualTo(new BucketPlan.Create());
        assertRefused(
                BucketPlan.of(use(Provisioning.Existing), "us-east-1", new BucketFacts.Absent()),
                Reason.BucketNotFound,
                "us-east-1");
    }

    @Test
    void aBucketElsewhereIsRefused() {
        assertRefused(plan(new BucketFacts.OwnedByAnotherAccount()), Reason.BucketOwnedByAnotherAccount, "orders-data");
        assertRefused(
                plan(new BucketFacts.InAnotherRegion("eu-west-1")), Reason.BucketInAnotherRegion, "is in eu-west-1,");
        assertRefused(plan(new BucketFacts.InAnotherRegion("")), Reason.BucketInAnotherRegion, "is in another region,");
    }

    private static void assertRefused(BucketPlan plan, Reason reason, String part) {
        assertThat(plan).isInstanceOfSatisfying(BucketPlan.Refuse.class, refuse -> {
            assertThat(refuse.why().reason()).isEqualTo(reason);
            assertThat(refuse.why().message())
                    .startsWith("The data bucket orders-data ")
                    .contains(part);
            assertThat(reason.uses()).contains(new Reason.Use(ConditionType.BucketsEncrypted, Status.False));
        });
    }

    private static BucketPlan plan(BucketFacts facts) {
        return BucketPlan.of(use(Provisioning.Create), "us-east-1", facts);
    }

    private static BucketUse use(Provisioning provisioning) {
        return new BucketUse(Purpose.Data, "orders-data", KeyArn.parse(KEY), provisioning);
    }

    private static Encryption encryption(@Nullable String algorithm, @Nullable String key, boolean bucketKey) {
        return new Encryption(algorithm, key, bucketKey, List.of("SSE-C"));
    }
}
