package io.cmek.operator.resource;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.UnknownValue;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.condition.ConditionResult;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a newer version wrote and this one does not understand, of a resource that it can read otherwise: values of the spec, and the Workgroup
 * of a ReplicaCmek. To take another meaning for it, the default of the API among them, would be to guess.
 */
public final class NotUnderstood {

    private static final int MAX_VALUE = 63;

    /** No message is longer than 600 characters. */
    private static final int MAX_NAMED = 2;

    /** Fields that can be set to a value that this version knows. The others are fixed. */
    private static final Set<String> EDITABLE = Set.of("spec.policyManagement", "spec.deletionPolicy");

    private NotUnderstood() {}

    /** Whether the stored object can be read at all. */
    public static boolean isReadable(StoredResource resource) {
        // A copy by way of JSON knows no more why not; it has no spec either.
        return switch (resource) {
            case Workgroup workgroup -> workgroup.getSpec() != null;
            case ReplicaCmek replica -> replica.getSpec() != null;
        };
    }

    /**
     * Whether a resource may be reconciled because of another object. Not one that cannot be read: the operator SDK puts a finalizer on whatever
     * it is to reconcile.
     *
     * @param known the resource as the cache has it; empty where it has none
     */
    public static boolean mayBeReconciled(Optional<? extends StoredResource> known) {
        return known.isEmpty() || isReadable(known.get());
    }

    /** Why nothing is written for the resource; empty where all is understood. */
    public static Optional<ConditionResult> of(Workgroup workgroup) {
        return values(workgroup).map(ConditionResult::pending);
    }

    /** @param workgroup the one that it names, null where there is none */
    public static Optional<ConditionResult> of(ReplicaCmek replica, @Nullable Workgroup workgroup) {
        return values(replica)
                .or(() -> Optional.ofNullable(workgroup)
                        .filter(w -> !isReadable(w))
                        .map(w -> unreadable(w)
                                + " Nothing is written for the ReplicaCmek until the operator is upgraded."))
                .map(ConditionResult::pending);
    }

    /** Why the Workgroup stays though it is being deleted: what is to become of the key policies is not understood. */
    public static Optional<ConditionResult> holds(Workgroup workgroup) {
        return holds(
                workgroup,
                workgroup.getSpec().deletionPolicyOrDefault(),
                workgroup.getSpec().hasUnknownDeletionPolicy());
    }

    /**
     * The same for a ReplicaCmek, which stays, too, while nobody can tell whether its Workgroup replicates under it.
     *
     * @param workgroup the one that it names, as it is right now
     */
    public static Optional<ConditionResult> holds(ReplicaCmek replica, Optional<Workgroup> workgroup) {
        return workgroup
                .filter(w -> !isReadable(w))
                .map(w -> ConditionResult.pending(unreadable(w)
                        + " Whether it replicates under this ReplicaCmek is not known, so the ReplicaCmek stays."
                        + " Upgrade the operator."))
                .or(() -> holds(
                        replica,
                        replica.getSpec().deletionPolicyOrDefault(),
                        replica.getSpec().hasUnknownDeletionPolicy()));
    }

    private static Optional<ConditionResult> holds(
            StoredResource resource, DeletionPolicy policy, boolean unknownPolicy) {
        return unknownPolicy || policy == DeletionPolicy.Release
                ? values(resource)
                        .map(why ->
                                ConditionResult.pending("The resource stays, and nothing is taken from a key policy: "
                                        + why + " Or set spec.deletionPolicy to Retain."))
                : Optional.empty();
    }

    private static String unreadable(Workgroup workgroup) {
        return "The Workgroup '" + workgroup.getMetadata().getName()
                + "' was stored by another version of the operator, and this one cannot read it.";
    }

    private static Optional<String> values(StoredResource resource) {
        List<UnknownValue> unknown = resource.unknownValues();
        return unknown.isEmpty()
                ? Optional.empty()
                : Optional.of(unknown.stream()
                                .limit(MAX_NAMED)
                                .map(NotUnderstood::sentence)
                                .collect(Collectors.joining(" "))
                        + (unknown.size() > MAX_NAMED ? " And " + (unknown.size() - MAX_NAMED) + " more." : "")
                        + " Nothing is written for the resource until the operator is upgraded.");
    }

    private static String sentence(UnknownValue unknown) {
        String value = unknown.value().length() <= MAX_VALUE
                ? unknown.value()
                : unknown.value().substring(0, MAX_VALUE - 3) + "...";
        String remedy = EDITABLE.contains(unknown.field())
                ? "; it knows " + String.join(", ", unknown.known()) + ", and the field can be edited."
                : "; it knows " + String.join(", ", unknown.known()) + ".";
        return unknown.field() + " is '" + value + "', which this version of the operator does not know" + remedy;
    }
}
