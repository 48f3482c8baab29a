package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Something that changed from one status to the next and that an Event tells.
 *
 * @param warning whether a person should look at it
 */
public record Transition(boolean warning, String reason, String action, String note) {

    /**
     * What changed. The steps on the way to a first {@code ENABLED} are no news: only what went wrong on it, and its end.
     */
    public static List<Transition> between(
            @Nullable EncryptionState before,
            List<Condition> conditionsBefore,
            EncryptionState after,
            List<Condition> conditionsAfter) {
        var transitions = new ArrayList<Transition>();
        Map<String, Condition> old =
                conditionsBefore.stream().collect(Collectors.toMap(Condition::type, Function.identity(), (a, b) -> a));
        for (Condition now : conditionsAfter) {
            if (now.type().equals(ConditionType.Ready.name()) || now.type().equals(ConditionType.Stalled.name())) {
                continue;
            }
            of(old.get(now.type()), now).ifPresent(transitions::add);
        }
        if (before != after && after != EncryptionState.PENDING) {
            String message = conditionsAfter.stream()
                    .filter(c -> c.type().equals(ConditionType.Ready.name()))
                    .map(Condition::message)
                    .findFirst()
                    .orElse("");
            boolean good = after == EncryptionState.ENABLED || after == EncryptionState.DISABLED;
            transitions.add(new Transition(
                    !good,
                    "Encryption" + after.name().charAt(0)
                            + after.name().substring(1).toLowerCase(java.util.Locale.ROOT),
                    "ReportEncryption",
                    "Encryption is " + after + (before == null ? "" : ", was " + before) + ". " + message));
        }
        return transitions;
    }

    private static java.util.Optional<Transition> of(@Nullable Condition before, Condition now) {
        boolean bad = !now.status().equals("True")
                && !now.reason().equals(Reason.Pending.name())
                && !now.reason().equals(Reason.WaitingForKey.name());
        boolean wasBad = before != null && before.status().equals("False");
        boolean news = before == null
                || !before.status().equals(now.status())
                || !before.reason().equals(now.reason());
        if (bad && news) {
            return java.util.Optional.of(new Transition(true, now.reason(), "Check" + now.type(), now.message()));
        }
        if (wasBad && now.status().equals("True") && !before.reason().equals(Reason.WaitingForKey.name())) {
            return java.util.Optional.of(new Transition(
                    false, now.reason(), "Check" + now.type(), now.type() + " is true again. " + now.message()));
        }
        return java.util.Optional.empty();
    }
}
