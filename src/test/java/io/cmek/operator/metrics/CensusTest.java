package io.cmek.operator.metrics;

import static io.cmek.operator.claim.ClaimsOf.BACKUP_KEY;
import static io.cmek.operator.claim.ClaimsOf.KEY;
import static io.cmek.operator.claim.ClaimsOf.claim;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Failure.Detail;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.metrics.Census.Cause;
import io.cmek.operator.metrics.Census.Kept;
import io.cmek.operator.metrics.Census.Loss;
import io.cmek.operator.metrics.Census.Trouble;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Observation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CensusTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final Identity TENANT = new Identity("arn:aws:iam::111122223333:role/tenant", null);
    private static final Failure DENIED =
            new Failure.Denied(new Detail("kms:DescribeKey", "AccessDeniedException", "", "id"));
    private static final Failure GONE =
            new Failure.NotFound(new Detail("kms:DescribeKey", "NotFoundException", "", "id"));

    private final Map<KeyHandle, Observation<KeyFacts>> seen = new HashMap<>();

    private static KeyFacts facts(KeyArn key, String state, @Nullable Instant deletion, @Nullable Instant validTo) {
        return new KeyFacts(
                key, state, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER", "AWS_KMS", false, deletion, validTo);
    }

    private void see(Identity identity, KeyFacts facts) {
        seen.put(new KeyHandle(identity, facts.arn()), Observation.seen(facts, NOW));
    }

    private void see(Identity identity, KeyArn key, Failure failure) {
        seen.put(new KeyHandle(identity, key), new Observation<>(null, null, failure, null));
    }

    private Census census(ClaimsOf claims) {
        return Census.of(seen, MAX_AGE, Stream.of(), claims, NOW);
    }

    @Test
    void aKeyThatTwoTenantsSeeIsOneKey() {
        see(Identity.OWN, facts(KEY, "Enabled", null, null));
        see(TENANT, KEY, DENIED);
        see(TENANT, BACKUP_KEY, DENIED);
        assertThat(census(ClaimsOf.of()).keys()).containsOnly(Map.entry("Enabled", 1L), Map.entry("Unknown", 1L));
    }

    @Test
    void statesAreOfAClosedSet() {
        see(Identity.OWN, facts(KEY, "Melted", null, null));
        see(Identity.OWN, BACKUP_KEY, GONE);
        assertThat(census(ClaimsOf.of()).keys()).containsOnly(Map.entry("Other", 1L), Map.entry("NotFound", 1L));
        assertThat(Census.KEY_STATES).containsAll(census(ClaimsOf.of()).keys().keySet());
    }

    @Test
    void whatWasSeenTooLongAgoIsNotKnown() {
        seen.put(
                new KeyHandle(Identity.OWN, KEY),
                new Observation<>(
                        facts(KEY, "Enabled", null, null), NOW.minus(MAX_AGE).minusMillis(1), DENIED, null));
        assertThat(census(ClaimsOf.of()).keys()).containsOnly(Map.entry("Unknown", 1L));
    }

    @Test
    void aKeyInTroubleSaysHowManyResourcesNameIt() {
        see(Identity.OWN, facts(KEY, "Disabled", null, null));
        see(Identity.OWN, facts(BACKUP_KEY, "Disabled", null, null));
        var claims = ClaimsOf.of(claim("a", "one", 0, "bucket-one"), claim("a", "two", 1, "bucket-two"));
        assertThat(census(claims).affected())
                .as("and one that nobody names any more does not count")
                .containsOnly(Map.entry(new Trouble(KEY, Reason.KeyDisabled), 2L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Updating", "Creating"})
    void aStateThatPassesIsCountedAndIsNoTrouble(String state) {
        see(Identity.OWN, facts(KEY, state, null, null));
        Census census = census(ClaimsOf.of(claim("a", "one", 0, "bucket-one")));
        assertThat(census.keys()).containsOnly(Map.entry(state, 1L));
        assertThat(census.affected()).isEmpty();
    }

    @Test
    void aKeyThatCannotBeLookedAtIsNotNamed() {
        see(Identity.OWN, KEY, DENIED);
        assertThat(census(ClaimsOf.of(claim("a", "one", 0, "bucket-one"))).affected())
                .isEmpty();
    }

    @Test
    void lossesAreCountedFromNow() {
        see(Identity.OWN, facts(KEY, "PendingDeletion", NOW.plus(Duration.ofDays(7)), null));
        see(Identity.OWN, facts(BACKUP_KEY, "Enabled", null, NOW.plus(Duration.ofDays(400))));
        Census census = census(ClaimsOf.of());

        assertThat(census.nextLoss(Cause.DELETION, NOW)).isEqualTo(7 * 86_400.0);
        assertThat(census.lostSoon(Cause.DELETION, NOW.minusSeconds(1))).isZero();
        assertThat(census.lostSoon(Cause.DELETION, NOW)).isOne();
        assertThat(census.nextLoss(Cause.EXPIRY, NOW)).isEqualTo(400 * 86_400.0);
        assertThat(census.lostSoon(Cause.EXPIRY, NOW)).isZero();
        assertThat(census.foreseeableLosses(NOW)).containsExactly(new Loss(KEY, Cause.DELETION));
        assertThat(census.foreseeableLosses(NOW.plus(Duration.ofDays(370))))
                .contains(new Loss(BACKUP_KEY, Cause.EXPIRY));
    }

    @Test
    void withoutLossesThereIsNoNumber() {
        assertThat(Census.EMPTY.nextLoss(Cause.DELETION, NOW)).isNaN();
    }

    @Test
    void resourcesCountByKindAndState() {
        var enabled = new Workgroup();
        enabled.setStatus(
                new WorkgroupStatus(1L, EncryptionState.ENABLED, List.of(), List.of(), null, null, null, List.of()));
        var resources = Stream.of(enabled, new Workgroup(), new ReplicaCmek());
        assertThat(Census.of(seen, MAX_AGE, resources.map(r -> r), ClaimsOf.of(), NOW)
                        .resources())
                .containsOnly(
                        Map.entry(new Kept("Workgroup", EncryptionState.ENABLED), 1L),
                        Map.entry(new Kept("Workgroup", EncryptionState.PENDING), 1L),
                        Map.entry(new Kept("ReplicaCmek", EncryptionState.PENDING), 1L));
    }

    /** Only trouble makes series, and when it is over they are gone. */
    @Test
    void seriesOfKeysComeAndGo() {
        try (var meters = new AllMeters(Clock.fixed(NOW, ZoneOffset.UTC))) {
            see(Identity.OWN, facts(KEY, "PendingDeletion", NOW.plusSeconds(60), null));
            var claims = ClaimsOf.of(claim("a", "one", 0, "bucket-one"));
            meters.world = census(claims);
            meters.census.refresh();
            var labels = Map.of("key", KEY.toString());
            assertThat(meters.scrape().values("cmek_key_affected_resources", labels))
                    .containsExactly(1.0);
            assertThat(meters.scrape().values("cmek_key_loss_timestamp_seconds", labels))
                    .containsExactly((double) NOW.plusSeconds(60).getEpochSecond());
            assertThat(meters.scrape().values("cmek_keys_lost_soon", Map.of("cause", "deletion")))
                    .containsExactly(1.0);

            see(Identity.OWN, facts(KEY, "Enabled", null, null));
            meters.world = census(claims);
            meters.census.refresh();
            assertThat(meters.scrape().series())
                    .noneMatch(series -> series.labels().containsKey("key"));
            assertThat(meters.scrape().values("cmek_keys", Map.of("state", "Enabled")))
                    .containsExactly(1.0);
        }
    }
}
