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

/** From judgements to the conditions of a status (Kubernetes API conventions, "Typical status properties"). */
public final class Conditions {

    private Conditions() {}

    /**
     * @param previous the conditions as they are, for their lastTransitionTime, which moves only when the status does
     * @param judgements without {@code Ready} and {@code Stalled}, which are derived here
     * @param allGood what {@code Ready} says when everything is
     */
    public static List<Condition> of(
            List<Condition> previous,
            Map<ConditionType, Judgement> judgements,
            Judgement allGood,
            long generation,
            Instant now) {
        var all = new EnumMap<ConditionType, Judgement>(ConditionType.class);
        all.putAll(judgements);
        Judgement ready = ready(all, allGood);
        Optional<Judgement> stalled = stalled(all);
        all.put(ConditionType.Ready, ready);
        stalled.ifPresent(why -> all.put(ConditionType.Stalled, why));

        var conditions = new ArrayList<Condition>();
        all.forEach((type, judgement) -> conditions.add(new Condition(
                type.name(),
                judgement.verdict().name(),
                judgement.reason().name(),
                judgement.message(),
                generation,
                transition(previous, type, judgement, now))));
        return conditions;
    }

    /** What was judged, so that it can be judged anew in part. Without {@code Ready} and {@code Stalled}; what is unknown is left out. */
    public static Map<ConditionType, Judgement> judgements(List<Condition> conditions) {
        var judgements = new EnumMap<ConditionType, Judgement>(ConditionType.class);
        for (Condition condition : conditions) {
            Optional<ConditionType> type = named(ConditionType.values(), condition.type())
                    .filter(t -> t != ConditionType.Ready && t != ConditionType.Stalled);
            Optional<Judgement.Verdict> verdict = named(Judgement.Verdict.values(), condition.status());
            Optional<Reason> reason = named(Reason.values(), condition.reason());
            if (type.isPresent() && verdict.isPresent() && reason.isPresent()) {
                judgements.put(type.get(), new Judgement(verdict.get(), reason.get(), condition.message()));
            }
        }
        return judgements;
    }

    private static <E extends Enum<E>> Optional<E> named(E[] values, String name) {
        return Arrays.stream(values).filter(value -> value.name().equals(name)).findFirst();
    }

    private static Judgement ready(EnumMap<ConditionType, Judgement> judgements, Judgement allGood) {
        return judgements.values().stream().filter(j -> !j.isGood()).findFirst().orElse(allGood);
    }

    private static Optional<Judgement> stalled(EnumMap<ConditionType, Judgement> judgements) {
        return judgements.values().stream()
                .filter(Judgement::needsPerson)
                .findFirst()
                .map(j -> Judgement.good(j.reason(), j.message()));
    }

    private static String transition(List<Condition> previous, ConditionType type, Judgement judgement, Instant now) {
        return previous.stream()
                .filter(c -> c.type().equals(type.name())
                        && c.status().equals(judgement.verdict().name()))
                .map(Condition::lastTransitionTime)
                .findFirst()
                .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
}
