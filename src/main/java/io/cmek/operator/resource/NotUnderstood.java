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
 * Detects what a newer version wrote and this one does not understand, in a resource that it can parse. That is an unknown value in the spec, or a
 * ReplicaCmek's Workgroup that cannot be read. To treat an unknown value as the default would be a guess.
 */
public final class NotUnderstood {

    private static final int MAX_VALUE = 63;

    /** Keeps messages within 600 characters. */
    private static final int MAX_NAMED = 2;

    /** Fields that a user can change to a value that this version knows. The others are immutable. */
    private static final Set<String> EDITABLE = Set.of("spec.policyManagement", "spec.deletionPolicy");

    private NotUnderstood() {}

    /** Whether this version can read the stored object. */
    public static boolean isReadable(StoredResource resource) {
        // A JSON copy loses the parse error, but has no spec either.
        return switch (resource) {
            case Workgroup workgroup -> workgroup.getSpec() != null;
            case ReplicaCmek replica -> replica.getSpec() != null;
        };
    }

    /**
     * Whether an event of another object may trigger the resource. An unreadable resource must not be reconciled: the operator SDK would add a
     * finalizer to it.
     *
     * @param known the cached resource; empty where the cache has none
     */
    public static boolean mayBeReconciled(Optional<? extends StoredResource> known) {
        return known.isEmpty() || isReadable(known.get());
    }

    /** Why the operator writes nothing for the resource; empty where it understands all fields. */
    public static Optional<ConditionResult> of(Workgroup workgroup) {
        return values(workgroup).map(ConditionResult::pending);
    }

    /** @param workgroup the Workgroup that it names, null where there is none */
    public static Optional<ConditionResult> of(ReplicaCmek replica, @Nullable Workgroup workgroup) {
        return values(replica)
                .or(() -> Optional.ofNullable(workgroup)
                        .filter(w -> !isReadable(w))
                        .map(w -> unreadable(w)
                                + " Nothing is written for the ReplicaCmek until the operator is upgraded."))
                .map(ConditionResult::pending);
    }

    /** Why a deleted Workgroup stays: this version does not know what the user wants to happen to the key policies. */
    public static Optional<ConditionResult> holds(Workgroup workgroup) {
        return holds(
                workgroup,
                workgroup.getSpec().deletionPolicyOrDefault(),
                workgroup.getSpec().hasUnknownDeletionPolicy());
    }

    /**
     * The same for a ReplicaCmek. It also stays while it is unknown whether its Workgroup replicates under it.
     *
     * @param workgroup the Workgroup that it names, read past the cache
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
                        .map(why -> ConditionResult.pending("The resource stays, and the key policies stay unchanged: "
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
