package io.cmek.operator.condition;

import io.cmek.operator.api.v1alpha1.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Builds the conditions of a status from condition results (Kubernetes API conventions, "Typical status properties"). */
public final class Conditions {

    private Conditions() {}

    /**
     * @param previous the stored conditions, for their lastTransitionTime, which changes only with the status
     * @param results the results without {@code Ready} and {@code Stalled}, which are derived here
     * @param allGood the value of {@code Ready} when all other conditions are true
     */
    public static List<Condition> of(
            List<Condition> previous,
            Map<ConditionType, ConditionResult> results,
            ConditionResult allGood,
            long generation,
            Instant now) {
        var all = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
        all.putAll(results);
        ConditionResult ready = ready(all, allGood);
        Optional<ConditionResult> stalled = stalled(all);
        all.put(ConditionType.Ready, ready);
        stalled.ifPresent(why -> all.put(ConditionType.Stalled, why));

        var conditions = new ArrayList<Condition>();
        all.forEach((type, result) -> conditions.add(condition(previous, type, result, generation, now)));
        return conditions;
    }

    /**
     * The stored conditions, unchanged except for the given results.
     *
     * @param news the new results
     * @param obsolete the condition types that are removed unless they are among the new results
     * @param allGood the value of {@code Ready} when all other conditions are true
     */
    public static List<Condition> keeping(
            List<Condition> previous,
            Map<ConditionType, ConditionResult> news,
            Set<ConditionType> obsolete,
            ConditionResult allGood,
            long generation,
            Instant now) {
        var conditions = new ArrayList<Condition>();
        for (ConditionType type : ConditionType.values()) {
            ConditionResult result = news.get(type);
            if (type == ConditionType.Ready || type == ConditionType.Stalled) {
                continue;
            }
            if (result != null) {
                conditions.add(condition(previous, type, result, generation, now));
            } else if (!obsolete.contains(type)) {
                find(previous, type).map(c -> at(c, generation)).ifPresent(conditions::add);
            }
        }
        Optional<Condition> first = conditions.stream()
                .filter(c -> !c.status().equals(ConditionResult.Status.True.name()))
                .findFirst();
        conditions.add(first.map(c -> as(ConditionType.Ready, c, c.status(), previous, generation, now))
                .orElseGet(() -> condition(previous, ConditionType.Ready, allGood, generation, now)));
        conditions.stream()
                .filter(c -> !c.type().equals(ConditionType.Ready.name()))
                .filter(c -> !c.status().equals(ConditionResult.Status.True.name()))
                .filter(c -> requiresUserAction(c, previous))
                .findFirst()
                .map(c -> as(ConditionType.Stalled, c, ConditionResult.Status.True.name(), previous, generation, now))
                .ifPresent(conditions::add);
        return conditions;
    }

    /** A newer version may have written an unknown reason. Then {@code Stalled} keeps its value if reason and message are the same. */
    private static boolean requiresUserAction(Condition condition, List<Condition> previous) {
        return Arrays.stream(Reason.values())
                .filter(reason -> reason.name().equals(condition.reason()))
                .findFirst()
                .map(Reason::requiresUserAction)
                .orElseGet(() -> find(previous, ConditionType.Stalled)
                        .filter(stalled -> stalled.reason().equals(condition.reason())
                                && stalled.message().equals(condition.message()))
                        .isPresent());
    }

    private static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
        return conditions.stream().filter(c -> c.type().equals(type.name())).findFirst();
    }

    private static Condition at(Condition condition, long generation) {
        return new Condition(
                condition.type(),
                condition.status(),
                condition.reason(),
                condition.message(),
                generation,
                condition.lastTransitionTime());
    }

    private static Condition as(
            ConditionType type, Condition same, String status, List<Condition> previous, long generation, Instant now) {
        return new Condition(
                type.name(),
                status,
                same.reason(),
                same.message(),
                generation,
                transition(previous, type, status, now));
    }

    private static Condition condition(
            List<Condition> previous, ConditionType type, ConditionResult result, long generation, Instant now) {
        return new Condition(
                type.name(),
                result.status().name(),
                result.reason().name(),
                result.message(),
                generation,
                transition(previous, type, result.status().name(), now));
    }

    private static ConditionResult ready(EnumMap<ConditionType, ConditionResult> results, ConditionResult allGood) {
        return results.values().stream().filter(j -> !j.isTrue()).findFirst().orElse(allGood);
    }

    private static Optional<ConditionResult> stalled(EnumMap<ConditionType, ConditionResult> results) {
        return results.values().stream()
                .filter(ConditionResult::requiresUserAction)
                .findFirst()
                .map(j -> ConditionResult.ofTrue(j.reason(), j.message()));
    }

    private static String transition(List<Condition> previous, ConditionType type, String status, Instant now) {
        return previous.stream()
                .filter(c -> c.type().equals(type.name()) && c.status().equals(status))
                .map(Condition::lastTransitionTime)
                .findFirst()
                .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
}
