package io.cmek.operator.metrics;

import static io.cmek.operator.request.TestRequests.BACKUP_KEY;
import static io.cmek.operator.request.TestRequests.KEY;
import static io.cmek.operator.request.TestRequests.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsError.Detail;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.awscontrol.Observation;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.metrics.StateSnapshot.Cause;
import io.cmek.operator.metrics.StateSnapshot.KeyExpiry;
import io.cmek.operator.metrics.StateSnapshot.ResourceCount;
import io.cmek.operator.metrics.StateSnapshot.UnusableKey;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.resource.ResourceSelector;
import io.cmek.operator.resource.Resources;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateSnapshotTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final CredentialScope TENANT = new CredentialScope("arn:aws:iam::111122223333:role/tenant", null);
    private static final EncryptionRequest BOTH =
            TestRequests.withBackup(request("a", "both", 0, "bucket"), BACKUP_KEY, null);
    private static final AwsError DENIED =
            new AwsError.Denied(new Detail("kms:DescribeKey", "AccessDeniedException", "", "id"));
    private static final AwsError GONE =
            new AwsError.NotFound(new Detail("kms:DescribeKey", "NotFoundException", "", "id"));

    private final Map<KeyArn, SortedMap<CredentialScope, KeySnapshot.View>> seen = new HashMap<>();

    private static KeyFacts facts(KeyArn key, String state, @Nullable Instant deletion, @Nullable Instant validTo) {
        return new KeyFacts(
                key, state, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "CUSTOMER", "AWS_KMS", false, deletion, validTo);
    }

    private void see(CredentialScope identity, KeyFacts facts) {
        see(identity, facts.arn(), Observation.seen(facts, NOW));
    }

    private void see(CredentialScope identity, KeyArn key, AwsError failure) {
        see(identity, key, Observation.<KeyFacts>never().then(new AwsResult.Error<>(failure), NOW));
    }

    private void see(CredentialScope identity, KeyArn key, Observation<KeyFacts> observation) {
        seen.computeIfAbsent(key, k -> new TreeMap<>())
                .put(identity, new KeySnapshot.View(observation, Observation.never(), null));
    }

    private KeySnapshot snapshot(KeyArn key) {
        return new KeySnapshot(
                key,
                seen.getOrDefault(key, new TreeMap<>()),
                new TreeMap<>(),
                AccessRequirements.NONE,
                new TreeMap<>());
    }

    private static Resources resources(EncryptionRequest... requests) {
        var index = new RequestIndex(new Authorization(new Tenants(List.of())));
        Stream.of(requests).forEach(request -> index.put(request, LastApplied.NOTHING));
        return new Resources(index, Optional.empty(), ResourceSelector.ALL);
    }

    /** Of one resource that names both keys. */
    private StateSnapshot snapshot() {
        return snapshot(resources(BOTH));
    }

    private StateSnapshot snapshot(Resources resources) {
        return StateSnapshot.of(resources, this::snapshot, MAX_AGE, NOW);
    }

    @Test
    void aKeyThatTwoTenantsSeeIsOneKey() {
        see(CredentialScope.OWN, facts(KEY, "Enabled", null, null));
        see(TENANT, KEY, DENIED);
        see(TENANT, BACKUP_KEY, DENIED);
        assertThat(snapshot().keys()).containsOnly(Map.entry("Enabled", 1L), Map.entry("Unknown", 1L));
    }

    @Test
    void statesAreOfAClosedSet() {
        see(CredentialScope.OWN, facts(KEY, "Melted", null, null));
        see(CredentialScope.OWN, BACKUP_KEY, GONE);
        assertThat(snapshot().keys()).containsOnly(Map.entry("Other", 1L), Map.entry("NotFound", 1L));
        assertThat(StateSnapshot.KEY_STATES).containsAll(snapshot().keys().keySet());
    }

    @Test
    void whatWasSeenTooLongAgoIsNotKnown() {
        see(
                CredentialScope.OWN,
                KEY,
                Observation.seen(
                                facts(KEY, "Enabled", null, null),
                                NOW.minus(MAX_AGE).minusMillis(1))
                        .then(new AwsResult.Error<>(DENIED), NOW));
        assertThat(snapshot().keys()).containsOnly(Map.entry("Unknown", 1L));
    }

    @Test
    void aKeyInTroubleSaysHowManyResourcesNameIt() {
        see(CredentialScope.OWN, facts(KEY, "Disabled", null, null));
        see(CredentialScope.OWN, facts(BACKUP_KEY, "Disabled", null, null));
        var resources = resources(request("a", "one", 0, "bucket-one"), request("a", "two", 1, "bucket-two"));
        assertThat(snapshot(resources).affected())
                .as("and one that nobody names any more does not count")
                .containsOnly(Map.entry(new UnusableKey(KEY, Reason.KeyDisabled), 2L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Updating", "Creating"})
    void aStateThatPassesIsCountedAndIsNoTrouble(String state) {
        see(CredentialScope.OWN, facts(KEY, state, null, null));
        StateSnapshot snapshot = snapshot(resources(request("a", "one", 0, "bucket-one")));
        assertThat(snapshot.keys()).containsOnly(Map.entry(state, 1L));
        assertThat(snapshot.affected()).isEmpty();
    }

    @Test
    void aKeyThatCannotBeReadIsNotNamed() {
        see(CredentialScope.OWN, KEY, DENIED);
        assertThat(snapshot(resources(request("a", "one", 0, "bucket-one"))).affected())
                .isEmpty();
    }

    @Test
    void aDateThatIsYearsAwayIsNotNamed() {
        see(CredentialScope.OWN, facts(KEY, "PendingDeletion", NOW.plus(Duration.ofDays(7)), null));
        see(CredentialScope.OWN, facts(BACKUP_KEY, "Enabled", null, NOW.plus(Duration.ofDays(400))));
        StateSnapshot snapshot = snapshot();

        assertThat(snapshot.foreseeableExpirations(NOW)).containsExactly(new KeyExpiry(KEY, Cause.DELETION));
        assertThat(snapshot.foreseeableExpirations(NOW.plus(Duration.ofDays(370))))
                .contains(new KeyExpiry(BACKUP_KEY, Cause.EXPIRY));
    }

    @Test
    void resourcesCountByKindAndState() {
        var enabled = new Workgroup();
        enabled.setStatus(
                new WorkgroupStatus(1L, EncryptionState.ENABLED, List.of(), List.of(), null, null, null, List.of()));
        var resources = resources();
        Stream.of(named(enabled, "one"), named(new Workgroup(), "two"), named(new ReplicaCmek(), "three"))
                .forEach(resources::put);

        assertThat(snapshot(resources).resources())
                .containsOnly(
                        Map.entry(new ResourceCount("Workgroup", EncryptionState.ENABLED), 1L),
                        Map.entry(new ResourceCount("Workgroup", EncryptionState.PENDING), 1L),
                        Map.entry(new ResourceCount("ReplicaCmek", EncryptionState.PENDING), 1L));
    }

    /** Of one that cannot be read nobody knows how it stands. */
    @Test
    void whatCannotBeReadIsNotCounted() {
        var resources = resources();
        Workgroup unreadable = named(new Workgroup(), "one");
        unreadable.setSpec(null);
        resources.put(unreadable);

        assertThat(snapshot(resources).resources()).isEmpty();
    }

    private static <R extends StoredResource> R named(R resource, String name) {
        resource.setMetadata(new ObjectMetaBuilder()
                .withNamespace("team")
                .withName(name)
                .withUid("uid-" + name)
                .withCreationTimestamp("2026-03-01T00:00:00Z")
                .build());
        switch (resource) {
            case Workgroup workgroup ->
                workgroup.setSpec(new WorkgroupSpec("us-east-1", null, null, null, null, null, null));
            case ReplicaCmek replica ->
                replica.setSpec(new ReplicaCmekSpec(
                        new WorkgroupRef("one"),
                        "us-east-1",
                        KEY.toString(),
                        null,
                        new Buckets("west", null, null),
                        null,
                        null,
                        null));
        }
        return resource;
    }

    /** Only trouble makes series, and when it is over they are gone. */
    @Test
    void seriesOfKeysComeAndGo() {
        try (var meters = new AllMeters(Clock.fixed(NOW, ZoneOffset.UTC))) {
            see(CredentialScope.OWN, facts(KEY, "PendingDeletion", NOW.plusSeconds(60), null));
            var resources = resources(request("a", "one", 0, "bucket-one"));
            meters.world = snapshot(resources);
            meters.metrics.refresh();
            var labels = Map.of("key", KEY.toString());
            assertThat(meters.scrape().values("cmek_key_affected_resources", labels))
                    .containsExactly(1.0);
            assertThat(meters.scrape().values("cmek_key_expiration_timestamp_seconds", labels))
                    .containsExactly((double) NOW.plusSeconds(60).getEpochSecond());

            see(CredentialScope.OWN, facts(KEY, "Enabled", null, null));
            meters.world = snapshot(resources);
            meters.metrics.refresh();
            assertThat(meters.scrape().series())
                    .noneMatch(series -> series.labels().containsKey("key"));
            assertThat(meters.scrape().values("cmek_keys", Map.of("state", "Enabled")))
                    .containsExactly(1.0);
        }
    }
}
