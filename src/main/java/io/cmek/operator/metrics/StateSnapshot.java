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
 * How it stands with all keys and resources at one moment. A key that several tenants see, each with a role of its own, is one key: what any
 * of them sees of it counts.
 *
 * @param keys how many, by state
 * @param resources how many, by kind and encryption
 * @param affected how many resources name a key that AWS says cannot be used
 * @param losses keys that are going to be lost, by when
 */
record StateSnapshot(
        Map<String, Long> keys, Map<Kept, Long> resources, Map<Trouble, Long> affected, Map<Loss, Instant> losses) {

    /** Imported key material that expires later than this is not named by key: it may be years. */
    private static final Duration FORESEEABLE = Duration.ofDays(30);

    private static final String NOT_FOUND = "NotFound";
    private static final String UNKNOWN = "Unknown";
    private static final String OTHER = "Other";

    /** KeyState (KMS API Reference, "KeyMetadata"), and three words of our own. */
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

    /** The resources of a kind in a state. */
    record Kept(String kind, EncryptionState encryption) {}

    /** A key that cannot be used, and why. */
    record Trouble(KeyArn key, Reason reason) {}

    /** A key that is going to be lost, and how. */
    record Loss(KeyArn key, Cause cause) {}

    /** How a key is lost. */
    enum Cause {
        DELETION,
        EXPIRY;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is known of a key, from best to worst. */
    private sealed interface Sight {

        record Seen(KeyFacts facts) implements Sight {}

        record Gone() implements Sight {}

        record Dark() implements Sight {}
    }

    /** @param maxAge how long a read is relied upon while reads fail */
    static StateSnapshot of(Resources resources, KeySnapshot.Source keys, Duration maxAge, Instant now) {
        RequestIndex index = resources.index();
        var sights = new HashMap<KeyArn, Sight>();
        index.keys()
                .forEach(key -> keys.of(key).views().values().stream()
                        .map(view -> view.facts())
                        .filter(facts -> !facts.isNever())
                        .forEach(
                                facts -> sights.merge(key, observation(facts.at(now, maxAge)), StateSnapshot::better)));

        var affected = new HashMap<Trouble, Long>();
        var losses = new HashMap<Loss, Instant>();
        sights.forEach((key, observation) -> {
            Reason reason = trouble(key, observation, now);
            long naming = reason == null ? 0 : index.onKey(key).count();
            if (reason != null && naming > 0) {
                affected.put(new Trouble(key, reason), naming);
            }
            if (observation instanceof Sight.Seen(KeyFacts facts)) {
                // A replica that waits for its primary's deletion has no date yet.
                if (facts.deletionDate() != null) {
                    losses.put(new Loss(key, Cause.DELETION), facts.deletionDate());
                }
                if (facts.validTo() != null) {
                    losses.put(new Loss(key, Cause.EXPIRY), facts.validTo());
                }
            }
        });
        return new StateSnapshot(
                sights.values().stream().collect(Collectors.groupingBy(StateSnapshot::state, Collectors.counting())),
                resources.all().stream()
                        .filter(NotUnderstood::isReadable)
                        .collect(Collectors.groupingBy(
                                r -> new Kept(r.getKind(), encryption(Resources.statusOf(r))), Collectors.counting())),
                Map.copyOf(affected),
                Map.copyOf(losses));
    }

    private static Sight observation(Known<KeyFacts> known) {
        return switch (known) {
            case Known.Fresh<KeyFacts>(KeyFacts facts) -> new Sight.Seen(facts);
            case Known.Unavailable<KeyFacts>(AwsError.NotFound gone, var since) -> new Sight.Gone();
            case Known<KeyFacts> other -> new Sight.Dark();
        };
    }

    private static Sight better(Sight one, Sight other) {
        return rank(one) <= rank(other) ? one : other;
    }

    private static int rank(Sight observation) {
        return switch (observation) {
            case Sight.Seen seen -> 0;
            case Sight.Gone gone -> 1;
            case Sight.Dark dark -> 2;
        };
    }

    private static String state(Sight observation) {
        return switch (observation) {
            case Sight.Seen(KeyFacts facts) -> KEY_STATES.contains(facts.state()) ? facts.state() : OTHER;
            case Sight.Gone() -> NOT_FOUND;
            case Sight.Dark() -> UNKNOWN;
        };
    }

    private static @Nullable Reason trouble(KeyArn key, Sight observation, Instant now) {
        return switch (observation) {
            case Sight.Seen(KeyFacts facts) -> {
                ConditionResult usable = KeyRules.judge(key.toString(), facts, now);
                yield usable.status() == Status.False ? usable.reason() : null;
            }
            case Sight.Gone() -> Reason.KeyNotFound;
            case Sight.Dark() -> null;
        };
    }

    private static EncryptionState encryption(@Nullable CmekStatus status) {
        return status == null
                ? EncryptionState.PENDING
                : Objects.requireNonNullElse(status.encryption(), EncryptionState.PENDING);
    }

    /** Those to name: all that are scheduled for deletion, and those whose material expires before long. */
    Stream<Loss> foreseeableLosses(Instant now) {
        return losses.entrySet().stream()
                .filter(e ->
                        e.getKey().cause() == Cause.DELETION || !e.getValue().isAfter(now.plus(FORESEEABLE)))
                .map(Map.Entry::getKey);
    }
}
