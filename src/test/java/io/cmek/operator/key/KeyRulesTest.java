package io.cmek.operator.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.kms.model.KeyState;

class KeyRulesTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final long DAY = 24 * 60 * 60 * 1000L;
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    /** All of KeyState (KMS Developer Guide, "Key states of AWS KMS keys"), and one that KMS does not have yet. */
    @ParameterizedTest
    @CsvSource({
        "Enabled, KeysUsable, True",
        "Updating, KeysUsable, True",
        "Creating, Pending, Unknown",
        "Disabled, KeyDisabled, False",
        "PendingDeletion, KeyPendingDeletion, False",
        "PendingReplicaDeletion, KeyPendingDeletion, False",
        "PendingImport, KeyPendingImport, False",
        "Unavailable, KeyUnavailable, False",
        "SomethingNew, KeyUnavailable, False",
    })
    void judgeTheState(String state, Reason reason, Status status) {
        ConditionResult result = judge(key(state, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER"));

        assertThat(KeyRules.isUsable(state)).isEqualTo(status == Status.True);
        assertThat(result.isTrue()).isEqualTo(status == Status.True);
        assertThat(result.reason()).isEqualTo(reason);
        assertThat(result.status()).isEqualTo(status);
        assertThat(result.message()).startsWith("The data key ").endsWith(".");
        assertThat(reason.uses()).contains(new Reason.Use(ConditionType.KeysUsable, status));
    }

    @Test
    void theRemedyCanBePasted() {
        assertThat(judge(key("Disabled", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER"))
                        .message())
                .contains("`aws kms enable-key --region us-east-1 --key-id 1234abcd-12ab-34cd-56ef-1234567890ab`");
    }

    @ParameterizedTest
    @CsvSource({
        "RSA_4096, ENCRYPT_DECRYPT",
        "RSA_2048, SIGN_VERIFY",
        "HMAC_256, GENERATE_VERIFY_MAC",
        "ECC_NIST_P256, KEY_AGREEMENT",
        "SM2, ENCRYPT_DECRYPT",
    })
    void refuseWhatIsNotSymmetricWhateverItsState(String spec, String usage) {
        ConditionResult result = judge(key("Disabled", spec, usage, "CUSTOMER"));

        assertThat(result.reason()).isEqualTo(Reason.KeyNotSymmetric);
        assertThat(result.message()).contains(spec, usage);
    }

    @Test
    void refuseAKeyOfAws() {
        assertThat(judge(key("Enabled", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS"))
                        .reason())
                .isEqualTo(Reason.KeyNotCustomerManaged);
    }

    @ParameterizedTest
    @CsvSource({
        "P7D, (7 days left)",
        "P7DT23H, (7 days left)",
        "P1DT1S, (1 day left)",
        "PT23H59M, (0 days left)",
        "PT-1H, (0 days left)",
    })
    void countTheWholeDaysUntilAKeyIsDeleted(Duration left, String expected) {
        ConditionResult result = KeyRules.judge("The data key " + KEY, pendingDeletion(NOW.plus(left)), NOW);

        assertThat(result.message())
                .contains("on " + NOW.plus(left) + " " + expected)
                .contains("cancel-key-deletion");
    }

    @Test
    void sayTheSameAllDayLong() {
        KeyFacts key = pendingDeletion(NOW.plus(Duration.ofDays(7)));

        assertThat(KeyRules.judge("K", key, NOW.plusSeconds(1)))
                .isEqualTo(KeyRules.judge("K", key, NOW.plus(Duration.ofHours(23))));
    }

    @Test
    void sayWhenImportedKeyMaterialExpires() {
        KeyFacts key = expiring(NOW.plus(Duration.ofDays(30)));

        assertThat(judge(key).isTrue()).isTrue();
        assertThat(judge(key).message())
                .contains("expires on 2026-03-31T10:00:00Z (30 days left)")
                .contains("aws kms import-key-material");
    }

    /** Every state that the SDK knows is in the table above. */
    @ParameterizedTest
    @EnumSource(value = KeyState.class, mode = EnumSource.Mode.EXCLUDE, names = "UNKNOWN_TO_SDK_VERSION")
    void noStateOfKmsIsOneThatIsNotKnown(KeyState state) {
        boolean unavailable = judge(key(state.toString(), "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER"))
                        .reason()
                == Reason.KeyUnavailable;

        assertThat(unavailable).isEqualTo(state == KeyState.UNAVAILABLE);
    }

    @Test
    void materialExpiresWhileTheKeyIsUpdated() {
        Instant at = NOW.plus(Duration.ofDays(30));
        var key = new KeyFacts(
                KEY, "Updating", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER", "EXTERNAL", true, null, at);

        assertThat(KeyRules.expiry(key)).contains(at);
        assertThat(judge(key).message()).contains("(30 days left)");
    }

    @Property
    void theResultChangesWithTheDayAndNotBefore(
            @ForAll @LongRange(min = -3 * DAY, max = 40 * DAY) long left, @ForAll boolean expiring) {
        KeyFacts key = expiring ? expiring(NOW.plusMillis(left)) : pendingDeletion(NOW.plusMillis(left));
        Optional<Instant> change = KeyRules.nextChange(key, NOW);

        ConditionResult now = judge(key);
        assertThat(change.isPresent()).isEqualTo(left > 0);
        if (change.isPresent()) {
            assertThat(Duration.between(NOW, change.get()))
                    .isPositive()
                    .isLessThanOrEqualTo(Duration.ofMillis(DAY + 1));
            assertThat(KeyRules.judge("The data key " + KEY, key, change.get().minusMillis(1)))
                    .isEqualTo(now);
            if (left >= DAY) {
                assertThat(KeyRules.judge("The data key " + KEY, key, change.get()))
                        .isNotEqualTo(now);
            }
        }
    }

    @Test
    void onlyDeadlinesChangeByThemselves() {
        assertThat(KeyRules.nextChange(key("Enabled", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER"), NOW))
                .isEmpty();
        assertThat(KeyRules.nextChange(key("Disabled", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER"), NOW))
                .isEmpty();
    }

    @Test
    void doNotNeedTheDateOfDeletion() {
        assertThat(KeyRules.judge("The key", pendingDeletion(null), NOW).message())
                .startsWith("The key is scheduled for deletion, and cannot be used");
    }

    private static ConditionResult judge(KeyFacts key) {
        return KeyRules.judge("The data key " + KEY, key, NOW);
    }

    private static KeyFacts expiring(Instant at) {
        return new KeyFacts(
                KEY, "Enabled", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER", "EXTERNAL", false, null, at);
    }

    private static KeyFacts pendingDeletion(@Nullable Instant at) {
        return new KeyFacts(
                KEY, "PendingDeletion", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER", "AWS_KMS", false, at, null);
    }

    private static KeyFacts key(String state, String spec, String usage, String manager) {
        return new KeyFacts(KEY, state, spec, usage, manager, "AWS_KMS", false, null, null);
    }
}
