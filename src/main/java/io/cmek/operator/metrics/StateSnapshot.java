package io.cmek.operator.metrics;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.awscontrol.Observation.Known;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Snapshot of key states and resource states for metrics. Several tenants can read the same key, each with its own role. It counts as one key,
 * in the best state that one of them observes.
 *
 * @param keys the number of keys by state
 * @param resources the number of resources by kind and encryption
 * @param affected the number of resources that name a key that cannot be used, by key and reason
 * @param expirations when each key expires or is deleted
 */
record StateSnapshot(
        Map<String, Long> keys,
        Map<ResourceCount, Long> resources,
        Map<UnusableKey, Long> affected,
        Map<KeyExpiry, Instant> expirations) {

    /** Imported key material can be valid for years: a key has a series only if its key material expires within this time. */
    private static final Duration FORESEEABLE = Duration.ofDays(30);

    private static final String NOT_FOUND = "NotFound";
    private static final String UNKNOWN = "Unknown";
    private static final String OTHER = "Other";

    /** KeyState (KMS API Reference, "KeyMetadata"), and three states of the operator itself. */
    static final List<String> KEY_STATES = List.of(
            "Creating",
            "Enabled",
            "Disabled",
            "PendingDeletion",
            "PendingReplicaDeletion",
            "PendingImport",
            "Unavailable",
            "Updating",
            NOT_FOUND,
            UNKNOWN,
            OTHER);

    static final List<String> KINDS = List.of("Workgroup", "ReplicaCmek");

    static final StateSnapshot EMPTY = new StateSnapshot(Map.of(), Map.of(), Map.of(), Map.of());

    /** What a count of resources is for: a kind in a state. */
    record ResourceCount(String kind, EncryptionState encryption) {}

    /** A key that cannot be used, and the reason. */
    record UnusableKey(KeyArn key, Reason reason) {}

    /** A key that KMS will delete, or whose key material expires. */
    record KeyExpiry(KeyArn key, Cause cause) {}

    /** Why a key becomes unusable at a known time. */
    enum Cause {
        DELETION,
        EXPIRY;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The result of the last read of a key, from best to worst. */
    private sealed interface Observation {

        record Observed(KeyFacts facts) implements Observation {}

        record NotFound() implements Observation {}

        record Unknown() implements Observation {}
    }

    /** @param maxAge how long the last successful read stays valid while reads fail */
    static StateSnapshot of(Resources resources, KeySnapshot.Source keys, Duration maxAge, Instant now) {
        RequestIndex index = resources.index();
        var observations = new HashMap<KeyArn, Observation>();
        index.keys()
                .forEach(key -> keys.of(key).views().values().stream()
                        .map(view -> view.facts())
                        .filter(facts -> !facts.isNever())
                        .forEach(facts ->
                                observations.merge(key, observation(facts.at(now, maxAge)), StateSnapshot::better)));

        var affected = new HashMap<UnusableKey, Long>();
        var expirations = new HashMap<KeyExpiry, Instant>();
        observations.forEach((key, observation) -> {
            Reason reason = unusableReason(key, observation, now);
            long naming = reason == null ? 0 : index.onKey(key).count();
            if (reason != null && naming > 0) {
                affected.put(new UnusableKey(key, reason), naming);
            }
            if (observation instanceof Observation.Observed(KeyFacts facts)) {
                // In PendingReplicaDeletion KMS has not set a date yet (KMS API Reference, "KeyMetadata").
                if (facts.deletionDate() != null) {
                    expirations.put(new KeyExpiry(key, Cause.DELETION), facts.deletionDate());
                }
                if (facts.validTo() != null) {
                    expirations.put(new KeyExpiry(key, Cause.EXPIRY), facts.validTo());
                }
            }
        });
        return new StateSnapshot(
                observations.values().stream()
                        .collect(Collectors.groupingBy(StateSnapshot::state, Collectors.counting())),
                resources.all().stream()
                        .filter(NotUnderstood::isReadable)
                        .collect(Collectors.groupingBy(
                                r -> new ResourceCount(r.getKind(), encryption(Resources.statusOf(r))),
                                Collectors.counting())),
                Map.copyOf(affected),
                Map.copyOf(expirations));
    }

    private static Observation observation(Known<KeyFacts> known) {
        return switch (known) {
            case Known.Fresh<KeyFacts>(KeyFacts facts) -> new Observation.Observed(facts);
            case Known.Unavailable<KeyFacts>(AwsError.NotFound missing, var since) -> new Observation.NotFound();
            case Known<KeyFacts> other -> new Observation.Unknown();
        };
    }

    private static Observation better(Observation one, Observation other) {
        return rank(one) <= rank(other) ? one : other;
    }

    private static int rank(Observation observation) {
        return switch (observation) {
            case Observation.Observed observed -> 0;
            case Observation.NotFound missing -> 1;
            case Observation.Unknown unknown -> 2;
        };
    }

    private static String state(Observation observation) {
        return switch (observation) {
            case Observation.Observed(KeyFacts facts) -> KEY_STATES.contains(facts.state()) ? facts.state() : OTHER;
            case Observation.NotFound() -> NOT_FOUND;
            case Observation.Unknown() -> UNKNOWN;
        };
    }

    private static @Nullable Reason unusableReason(KeyArn key, Observation observation, Instant now) {
        return switch (observation) {
            case Observation.Observed(KeyFacts facts) -> {
                ConditionResult usable = KeyRules.judge(key.toString(), facts, now);
                yield usable.status() == Status.False ? usable.reason() : null;
            }
            case Observation.NotFound() -> Reason.KeyNotFound;
            case Observation.Unknown() -> null;
        };
    }

    private static EncryptionState encryption(@Nullable CmekStatus status) {
        return status == null
                ? EncryptionState.PENDING
                : Objects.requireNonNullElse(status.encryption(), EncryptionState.PENDING);
    }

    /** Keys that get a series: all that are scheduled for deletion, and those whose key material expires within {@link #FORESEEABLE}. */
    Stream<KeyExpiry> foreseeableExpirations(Instant now) {
        return expirations.entrySet().stream()
                .filter(e ->
                        e.getKey().cause() == Cause.DELETION || !e.getValue().isAfter(now.plus(FORESEEABLE)))
                .map(Map.Entry::getKey);
    }
}
