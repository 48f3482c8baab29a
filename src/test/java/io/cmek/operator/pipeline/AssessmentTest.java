package io.cmek.operator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.volume.VolumeAssessment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AssessmentTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Claim CLAIM = ClaimsOf.claim("team-a", "orders", 1, "orders-data");
    private static final Judgement GOOD = Judgement.good(Reason.Accepted, "Good.");

    @Test
    void aWorldThatIsWellNeedsNoSecondThought() {
        assertThat(of(key("Enabled", null, null)).reconsiderAfter(NOW)).isEmpty();
    }

    @Test
    void theDaysAreCountedDown() {
        assertThat(of(key("Enabled", NOW.plus(Duration.ofHours(50)), null)).reconsiderAfter(NOW))
                .contains(Duration.ofHours(2).plusMillis(1));
    }

    @Test
    void aBrokenKeyIsThoughtOfAgainForWhoElseUsesIt() {
        assertThat(of(key("Disabled", null, null)).reconsiderAfter(NOW)).contains(Duration.ofMinutes(2));
    }

    @Test
    void aFailedWriteComesFirst() {
        assertThat(of(key("Disabled", null, Duration.ofSeconds(4))).reconsiderAfter(NOW))
                .contains(Duration.ofSeconds(4));
    }

    /** The clock was set forward, or the process stood still, since the time was computed. */
    @Test
    void aTimeThatHasPassedIsNow() {
        assertThat(of(key("Enabled", null, Duration.ofSeconds(-4))).reconsiderAfter(NOW))
                .contains(Duration.ofMillis(1));
    }

    @Test
    void theImpactIsSaidOfTheFirstThingThatIsWrong() {
        Judgement bad = Judgement.bad(Reason.AccessDenied, "Bad.");
        var denied = new KeyAssessment(ClaimsOf.KEY, null, GOOD, GOOD, bad, null).withImpact("Affected: x.");
        var lost = new KeyAssessment(ClaimsOf.KEY, null, GOOD, bad, bad, null).withImpact("Affected: x.");
        var disabled = new KeyAssessment(ClaimsOf.KEY, null, bad, GOOD, bad, null).withImpact("Affected: x.");
        var expiring = new KeyAssessment(ClaimsOf.KEY, null, GOOD, GOOD, GOOD, null).withImpact("Affected: x.");

        assertThat(messages(of(denied))).containsEntry(ConditionType.AccessVerified, "Bad. Affected: x.");
        assertThat(messages(of(lost))).containsEntry(ConditionType.PolicyApplied, "Bad. Affected: x.");
        assertThat(messages(of(disabled))).containsEntry(ConditionType.KeysUsable, "Bad. Affected: x.");
        assertThat(messages(of(expiring))).containsEntry(ConditionType.KeysUsable, "Good. Affected: x.");
        assertThat(messages(of(denied)).values().stream().filter(m -> m.contains("Affected")))
                .hasSize(1);
    }

    /** For a while after a start, a status of before stands for what could not be looked at; but not for what was seen to be wrong. */
    @Test
    void whatWasSeenToBeWrongIsToldWhateverCouldNotBeLookedAt() {
        Judgement unseen = Judgement.unknown(Reason.AwsUnavailable, "No answer.");
        Judgement waits = Judgement.bad(Reason.WaitingForKey, "It waits.");
        Judgement denied = Judgement.bad(Reason.WriteDenied, "Refused.");
        assertThat(of(unseen, waits)).returns(true, Assessment::isBlind).returns(false, Assessment::isWrong);
        assertThat(of(unseen, denied)).returns(true, Assessment::isBlind).returns(true, Assessment::isWrong);
    }

    private static Assessment of(Judgement bucket, Judgement volumes) {
        return new Assessment(
                CLAIM,
                GOOD,
                Map.of(ClaimsOf.KEY, key("Enabled", null, null)),
                List.of(BucketAssessment.of(CLAIM.buckets().getFirst(), null, bucket)),
                VolumeAssessment.of(volumes));
    }

    private static Map<ConditionType, String> messages(Assessment assessment) {
        return assessment.judgements().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().message()));
    }

    private static Assessment of(KeyAssessment key) {
        return new Assessment(
                CLAIM,
                GOOD,
                Map.of(ClaimsOf.KEY, key),
                List.of(BucketAssessment.of(CLAIM.buckets().getFirst(), null, GOOD)),
                VolumeAssessment.of(GOOD));
    }

    private static KeyAssessment key(String state, @Nullable Instant expiry, @Nullable Duration retryAfter) {
        var facts = new KeyFacts(
                ClaimsOf.KEY,
                state,
                "SYMMETRIC_DEFAULT",
                "ENCRYPT_DECRYPT",
                "CUSTOMER",
                "EXTERNAL",
                false,
                null,
                expiry);
        return new KeyAssessment(
                ClaimsOf.KEY, facts, KeyRules.judge("The data key", facts, NOW), GOOD, GOOD, retryAfter);
    }
}
