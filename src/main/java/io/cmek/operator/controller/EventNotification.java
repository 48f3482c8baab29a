package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change between two statuses that the operator reports as an Event.
 *
 * @param warning whether the Event is of type Warning
 */
public record EventNotification(boolean warning, String reason, String action, String note) {

    /** Conditions that repeat the reason of another condition: an Event for each would report every change twice. */
    private static final Set<String> SUMMARIES = Set.of(ConditionType.Ready.name(), ConditionType.Stalled.name());

    /** Reasons of the normal steps towards the first {@code ENABLED}: they cause no Event. */
    private static final Set<String> ON_THE_WAY =
            Set.of(Reason.Pending.name(), Reason.WaitingForKey.name(), Reason.SecondaryNotReady.name());

    /** Reasons of failed reads. One outage can alternate between them, so a change from one to another causes no Event. */
    private static final Set<String> BLIND = Set.of(Reason.AwsUnavailable.name(), Reason.Throttled.name());

    /** A repaired drift. It is a warning only where the repair could not restore everything. */
    public static EventNotification of(DriftRepair drift) {
        String action =
                switch (drift.what()) {
                    case POLICY, STATEMENTS_OF_OTHERS -> "RepairKeyPolicy";
                    case BUCKET -> "RepairBucket";
                    case STORAGE_CLASS -> "RepairStorageClass";
                };
        String reason =
                drift.what() == DriftRepair.What.STATEMENTS_OF_OTHERS ? Reason.PolicyConflict.name() : "DriftRepaired";
        return new EventNotification(drift.lossy(), reason, action, drift.note());
    }

    /** The operator wrote something for a resource that was deleted, without its finalizer, during the write. */
    static EventNotification leftBehind(String what) {
        return new EventNotification(true, "LeftBehind", "WriteForDeleted", what);
    }

    /** The changes from one status to the next. On the way to the first {@code ENABLED}, only the result and the errors are reported. */
    public static List<EventNotification> between(@Nullable CmekStatus before, CmekStatus after) {
        var transitions = new ArrayList<EventNotification>();
        for (Condition now : after.conditions()) {
            if (!SUMMARIES.contains(now.type())) {
                of(condition(before, now.type()), now).ifPresent(transitions::add);
            }
        }
        ofEncryption(before == null ? null : before.encryption(), after).ifPresent(transitions::add);
        return transitions;
    }

    /** Whether two statuses report the same outage and differ only in reason or message. */
    static boolean isReworded(@Nullable CmekStatus before, CmekStatus after) {
        return before != null
                && before.conditions().size() == after.conditions().size()
                && before.withConditions(after.conditions()).equals(after)
                && after.conditions().stream()
                        .allMatch(now -> condition(before, now.type())
                                .filter(was -> was.equals(now) || isBlind(was) && isBlind(now))
                                .isPresent());
    }

    private static boolean isBlind(Condition condition) {
        return condition.status().equals("Unknown") && BLIND.contains(condition.reason());
    }

    private static Optional<EventNotification> of(Optional<Condition> before, Condition now) {
        boolean wasTrue = before.filter(c -> c.status().equals("True")).isPresent();
        if (now.status().equals("True")) {
            boolean reportedAsBad = before.filter(c -> c.status().equals("False") && !ON_THE_WAY.contains(c.reason()))
                    .isPresent();
            return reportedAsBad
                    ? Optional.of(new EventNotification(
                            false, now.reason(), action(now), now.type() + " is true. " + now.message()))
                    : Optional.empty();
        }
        boolean news = before.isEmpty()
                || !before.get().status().equals(now.status())
                || !before.get().reason().equals(now.reason()) && !(isBlind(before.get()) && isBlind(now));
        // Losing failover is reported only if it was possible before; until then ReplicationAllowed reports the same
        // problem.
        boolean reported = now.type().equals(ConditionType.FailoverReady.name())
                ? wasTrue
                : wasTrue || !ON_THE_WAY.contains(now.reason());
        return news && reported
                ? Optional.of(new EventNotification(true, now.reason(), action(now), now.message()))
                : Optional.empty();
    }

    private static Optional<EventNotification> ofEncryption(@Nullable EncryptionState before, CmekStatus after) {
        EncryptionState now = after.encryption();
        if (now == null || now == before || now == EncryptionState.PENDING) {
            return Optional.empty();
        }
        boolean good = now == EncryptionState.ENABLED || now == EncryptionState.DISABLED;
        String why = good
                ? ""
                : " "
                        + condition(after, ConditionType.Ready.name())
                                .map(Condition::message)
                                .orElse("");
        return Optional.of(new EventNotification(
                !good,
                "Encryption" + now.name().charAt(0) + now.name().substring(1).toLowerCase(Locale.ROOT),
                "ReportEncryption",
                "Encryption is " + now + (before == null ? "." : ", was " + before + ".") + why));
    }

    private static Optional<Condition> condition(@Nullable CmekStatus status, String type) {
        return status == null
                ? Optional.empty()
                : status.conditions().stream()
                        .filter(c -> c.type().equals(type))
                        .findFirst();
    }

    private static String action(Condition condition) {
        return "Check" + condition.type();
    }
}
