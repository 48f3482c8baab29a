package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.awscontrol.Observation;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketResult;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyResult;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.storageclass.StorageClassResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RequestResultTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final EncryptionRequest REQUEST = TestRequests.request("team-a", "orders", 1, "orders-data");
    private static final KeyUse USE = REQUEST.keys().getFirst();
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final AwsError FAILURE =
            new AwsError.Unavailable(new AwsError.Detail("s3:GetEncryptionConfiguration", "SlowDown", "", null));
    private static final ConditionResult UNSEEN = ConditionResult.ofUnknown(Reason.AwsUnavailable, "No answer.");
    private static final ConditionResult GOOD = ConditionResult.ofTrue(Reason.Accepted, "Good.");

    @Test
    void aWorldThatIsWellNeedsNoSecondThought() {
        assertThat(of(key("Enabled", null)).requeueAfter(NOW)).isEmpty();
    }

    @Test
    void theDaysAreCountedDown() {
        assertThat(of(key("Enabled", NOW.plus(Duration.ofHours(50)))).requeueAfter(NOW))
                .contains(Duration.ofHours(2).plusMillis(1));
    }

    /** Its snapshot tells when it is different, and the index who else uses it. */
    @Test
    void aBrokenKeyNeedsNoSecondThought() {
        assertThat(of(key("Disabled", null)).requeueAfter(NOW)).isEmpty();
    }

    @Test
    void aStorageClassIsTriedAgain() {
        RequestResult soon = of(key("Enabled", NOW.plus(Duration.ofHours(50))))
                .with(new StorageClassResult(GOOD, Duration.ofSeconds(4)));
        assertThat(soon.requeueAfter(NOW)).contains(Duration.ofSeconds(4));
    }

    /** The clock was set forward, or the process stood still, since the time was computed. */
    @Test
    void aTimeThatHasPassedIsNow() {
        assertThat(of(GOOD, GOOD)
                        .with(new StorageClassResult(GOOD, Duration.ofSeconds(-4)))
                        .requeueAfter(NOW))
                .contains(Duration.ofMillis(1));
    }

    @Test
    void theImpactIsSaidOfTheFirstThingThatIsWrong() {
        ConditionResult bad = ConditionResult.ofFalse(Reason.AccessDenied, "Bad.");
        var denied = new KeyResult(TestRequests.KEY, null, GOOD, GOOD, bad).withImpact("Affected: x.");
        var lost = new KeyResult(TestRequests.KEY, null, GOOD, bad, bad).withImpact("Affected: x.");
        var disabled = new KeyResult(TestRequests.KEY, null, bad, GOOD, bad).withImpact("Affected: x.");
        var expiring = new KeyResult(TestRequests.KEY, null, GOOD, GOOD, GOOD).withImpact("Affected: x.");

        assertThat(messages(of(denied))).containsEntry(ConditionType.AccessVerified, "Bad. Affected: x.");
        assertThat(messages(of(lost))).containsEntry(ConditionType.PolicyApplied, "Bad. Affected: x.");
        assertThat(messages(of(disabled))).containsEntry(ConditionType.KeysUsable, "Bad. Affected: x.");
        assertThat(messages(of(expiring))).containsEntry(ConditionType.KeysUsable, "Good. Affected: x.");
        assertThat(messages(of(denied)).values().stream().filter(m -> m.contains("Affected")))
                .hasSize(1);
    }

    /** It may wait for a key that could not be read. */
    @Test
    void thatTheStorageClassWaitsForItsKeyIsNoFault() {
        ConditionResult waits = ConditionResult.ofFalse(Reason.WaitingForKey, "It waits.");
        ConditionResult denied = ConditionResult.ofFalse(Reason.WriteDenied, "Refused.");
        assertThat(of(UNSEEN, waits).isWrong()).isFalse();
        assertThat(of(UNSEEN, denied).isWrong()).isTrue();
        assertThat(of(denied, GOOD).isWrong()).isTrue();
        assertThat(of(GOOD, GOOD).isWrong()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void whatWasEnabledOnceAndIsNotNowIsDegraded(EncryptionState before) {
        assertThat(waiting().encryption(before))
                .isEqualTo(before.isEnabledOnce() ? EncryptionState.DEGRADED : EncryptionState.PENDING);
        assertThat(of(GOOD, GOOD).encryption(before)).isEqualTo(EncryptionState.ENABLED);
    }

    /** Blindness is never reported as damage; but what was read and is wrong is reported, whatever could not be read. */
    @ParameterizedTest
    @EnumSource
    void whatWasEnabledOnceAndCannotBeReadIsUnknown(EncryptionState before) {
        ConditionResult waits = ConditionResult.ofFalse(Reason.WaitingForKey, "It waits.");
        ConditionResult denied = ConditionResult.ofFalse(Reason.WriteDenied, "Refused.");
        ReadFailures blind = ReadFailures.NOTHING.plus("orders-data", failing(), MAX_AGE);

        assertThat(of(UNSEEN, waits).with(blind).encryption(before))
                .isEqualTo(before.isEnabledOnce() ? EncryptionState.UNKNOWN : EncryptionState.PENDING);
        assertThat(of(UNSEEN, denied).with(blind).encryption(before))
                .isEqualTo(before.isEnabledOnce() ? EncryptionState.DEGRADED : EncryptionState.FAILED);
        assertThat(of(GOOD, GOOD).with(blind).encryption(before))
                .as("what was read before is relied upon")
                .isEqualTo(EncryptionState.ENABLED);
    }

    @Test
    void withoutCmekItIsDisabled() {
        assertThat(RequestResult.unseen(withoutCmek(), GOOD, "Nothing.").encryption(null))
                .isEqualTo(EncryptionState.DISABLED);
    }

    @Test
    void aLineIsEnabledWhenItsKeyIsReadyAndWhatItEncryptsIsEncrypted() {
        assertThat(of(GOOD, GOOD).lineState(USE, false)).isEqualTo(KeyEncryptionState.ENABLED);
        assertThat(of(ConditionResult.pending("Wait."), GOOD).lineState(USE, false))
                .isEqualTo(KeyEncryptionState.PENDING);
        assertThat(of(GOOD, ConditionResult.pending("Wait.")).lineState(USE, true))
                .isEqualTo(KeyEncryptionState.PENDING);
        assertThat(of(ConditionResult.ofFalse(Reason.WriteDenied, "Refused."), GOOD)
                        .lineState(USE, true))
                .isEqualTo(KeyEncryptionState.FAILED);
        assertThat(of(key("Disabled", null)).lineState(USE, false)).isEqualTo(KeyEncryptionState.FAILED);
        assertThat(waiting().lineState(USE, true)).isEqualTo(KeyEncryptionState.PENDING);
    }

    /** It is nothing to the one of which nothing is unread. */
    @Test
    void aLineIsUnknownWhereDataExistsAndWhatItIsAboutCannotBeRead() {
        ConditionResult noRight =
                ConditionResult.ofUnknown(Reason.AccessDenied, "s3:GetEncryptionConfiguration is denied.");
        ReadFailures bucket = ReadFailures.NOTHING.plus("orders-data", failing(), MAX_AGE);
        ReadFailures key = ReadFailures.NOTHING.plus(TestRequests.KEY, failing(), MAX_AGE);
        ReadFailures other = ReadFailures.NOTHING
                .plus("orders-backup", failing(), MAX_AGE)
                .plus(TestRequests.BACKUP_KEY, failing(), MAX_AGE);

        for (ReadFailures blind : List.of(bucket, key)) {
            assertThat(of(noRight, GOOD).with(blind).lineState(USE, true)).isEqualTo(KeyEncryptionState.UNKNOWN);
            assertThat(of(noRight, GOOD).with(blind).lineState(USE, false))
                    .as("no data exists under it, and a person must act")
                    .isEqualTo(KeyEncryptionState.FAILED);
            assertThat(of(UNSEEN, GOOD).with(blind).lineState(USE, false)).isEqualTo(KeyEncryptionState.PENDING);
            assertThat(of(UNSEEN, ConditionResult.ofFalse(Reason.WriteDenied, "Refused."))
                            .with(blind)
                            .lineState(USE, true))
                    .as("something was seen to be wrong")
                    .isEqualTo(KeyEncryptionState.FAILED);
        }
        assertThat(of(UNSEEN, GOOD).with(other).lineState(USE, true)).isEqualTo(KeyEncryptionState.PENDING);
    }

    /** What is still relied upon becomes unknown then, without anybody telling. */
    @Test
    void itIsThoughtOfAgainWhenWhatWasReadIsTooOld() {
        Observation<BucketFacts> before = Observation.<BucketFacts>seen(new BucketFacts.Absent(), NOW.minusSeconds(60))
                .then(new AwsResult.Error<>(FAILURE), NOW);
        ReadFailures blind = ReadFailures.NOTHING.plus("orders-data", before, MAX_AGE);

        assertThat(of(GOOD, GOOD).with(blind).requeueAfter(NOW))
                .contains(MAX_AGE.minusSeconds(60).plusMillis(1));
        assertThat(of(GOOD, GOOD).with(blind).requeueAfter(NOW.plus(MAX_AGE)))
                .as("that has happened")
                .isEmpty();
    }

    /** What was not read is left out, and what the status said of it stays. */
    @Test
    void ofOneThatWasOnlyReadItReportsWhatWasRead() {
        RequestResult inspected = RequestResult.unseen(REQUEST, ConditionResult.pending("Wait."), "Nothing is done.")
                .with(Map.of(TestRequests.KEY, key("Disabled", null)), List.of(), ReadFailures.NOTHING);
        RequestResult unseen = waiting();

        assertThat(unseen.seen(Optional.empty())).containsOnlyKeys(ConditionType.Accepted);
        assertThat(unseen.seen(Optional.of(GOOD)))
                .containsOnlyKeys(ConditionType.Accepted, ConditionType.Deletable)
                .containsEntry(ConditionType.Deletable, GOOD);
        assertThat(new RequestResult(
                                REQUEST,
                                inspected.accepted(),
                                inspected.keys(),
                                unseen.buckets(),
                                unseen.volumes(),
                                ReadFailures.NOTHING)
                        .seen(Optional.empty()))
                .containsKeys(ConditionType.Accepted, ConditionType.KeysUsable)
                .doesNotContainKeys(ConditionType.BucketsEncrypted, ConditionType.VolumesEncrypted);
    }

    private static EncryptionRequest withoutCmek() {
        return new EncryptionRequest(
                REQUEST.id(),
                REQUEST.uid(),
                REQUEST.createdAt(),
                REQUEST.region(),
                List.of(),
                List.of(),
                null,
                List.of(),
                REQUEST.policyManagement(),
                REQUEST.deletionPolicy(),
                false,
                false,
                REQUEST.served(),
                REQUEST.eligibility());
    }

    private static RequestResult waiting() {
        return RequestResult.unseen(REQUEST, ConditionResult.pending("Wait."), "Nothing is done.");
    }

    private static <F> Observation<F> failing() {
        return Observation.<F>never().then(new AwsResult.Error<>(FAILURE), NOW);
    }

    private static RequestResult of(ConditionResult bucket, ConditionResult volumes) {
        return new RequestResult(
                REQUEST,
                GOOD,
                Map.of(TestRequests.KEY, key("Enabled", null)),
                List.of(new BucketResult(REQUEST.buckets().getFirst(), null, bucket)),
                StorageClassResult.of(volumes),
                ReadFailures.NOTHING);
    }

    private static Map<ConditionType, String> messages(RequestResult result) {
        return result.results().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().message()));
    }

    private static RequestResult of(KeyResult key) {
        return new RequestResult(
                REQUEST,
                GOOD,
                Map.of(TestRequests.KEY, key),
                List.of(new BucketResult(REQUEST.buckets().getFirst(), null, GOOD)),
                StorageClassResult.of(GOOD),
                ReadFailures.NOTHING);
    }

    private static KeyResult key(String state, @Nullable Instant expiry) {
        var facts = new KeyFacts(
                TestRequests.KEY,
                state,
                "SYMMETRIC_DEFAULT",
                "ENCRYPT_DECRYPT",
                "CUSTOMER",
                "EXTERNAL",
                false,
                null,
                expiry);
        return new KeyResult(TestRequests.KEY, facts, KeyRules.judge("The data key", facts, NOW), GOOD, GOOD);
    }
}
