package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.awscontrol.KeySnapshot.Release;
import io.cmek.operator.awscontrol.PolicyConditions;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Text;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a resource that is being deleted cannot be removed yet.
 *
 * @param of the condition that reports it
 */
record Obstacle(ConditionType of, ConditionResult why, Duration retry) {

    Map<ConditionType, ConditionResult> results() {
        var results = new EnumMap<ConditionType, ConditionResult>(ConditionType.class);
        results.put(of, why);
        results.put(
                ConditionType.Deletable,
                ConditionResult.pending(Text.message((of == ConditionType.PolicyApplied
                                ? "The resource is removed when the key policies no longer grant its access. "
                                : "The resource is removed when its StorageClass is deleted. ")
                        + why.message())));
        return results;
    }

    /** The keys of a deleted resource whose policies no longer grant its access. Another obstacle may remain. */
    static List<KeyArn> released(EncryptionRequest request, RequestIndex index, KeySnapshot.Source keys) {
        return isReleasing(request, index)
                ? request.distinctKeys().stream()
                        .filter(key -> keys.of(key).releases().get(request.uid()) instanceof Release.Done)
                        .toList()
                : List.of();
    }

    private static boolean isReleasing(EncryptionRequest request, RequestIndex index) {
        return request.deletionPolicy() == DeletionPolicy.Release
                && request.policyManagement() == PolicyManagement.Managed
                && index.authorization().tenantOf(request).isPresent()
                && RequestIndex.isReleasable(index.judge(request));
    }

    /** The key controller removes the access that only this resource needs. Its snapshots report the result. */
    static Optional<Obstacle> ofRelease(EncryptionRequest request, RequestIndex index, KeySnapshot.Source keys) {
        if (!isReleasing(request, index)) {
            return Optional.empty();
        }
        List<ConditionResult> open = request.distinctKeys().stream()
                .map(key -> ofRelease(request, key, keys.of(key)))
                .flatMap(Optional::stream)
                .toList();
        return open.isEmpty()
                ? Optional.empty()
                : Optional.of(new Obstacle(ConditionType.PolicyApplied, ConditionResult.worst(open), Steps.RETRY));
    }

    private static Optional<ConditionResult> ofRelease(EncryptionRequest request, KeyArn key, KeySnapshot snapshot) {
        String label = request.label(key);
        return switch (snapshot.releases().get(request.uid())) {
            case null -> Optional.of(ConditionResult.pending(label + ": the release of its access has not begun yet."));
            case Release.Done() -> Optional.empty();
            case Release.NeededByUnreadable() ->
                Optional.of(ConditionResult.pending(label
                        + ": its policy stays unchanged, because a resource that this version of the operator cannot read names the key"
                        + " and may need its access. Upgrade the operator until its metric cmek_unreadable_resources is 0, or set"
                        + " spec.deletionPolicy to Retain."));
            case Release.Waits(String why) ->
                Optional.of(ConditionResult.pending("The release of its keys waits: " + why + "."));
            case Release.Failed(var outcome) ->
                Optional.of(PolicyConditions.of(label, request.suggestionCommand(key), outcome));
        };
    }
}
