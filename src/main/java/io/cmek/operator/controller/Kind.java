package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.request.EncryptionRequest;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What one kind of resource does otherwise than the other.
 *
 * @param <R> the kind
 * @param <S> its status
 */
interface Kind<R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> {

    /** An empty object of the kind. */
    R empty();

    /** Why nothing is written for the resource, because this version does not understand all of it; empty where it does. */
    Optional<ConditionResult> notUnderstood(R resource);

    /** Whether the resource has to be left as it is for now. */
    boolean isLeftAlone(R resource);

    /** Why a resource that is being deleted stays; empty where it may go. Asks the API server, past the cache, where another resource decides. */
    Optional<ConditionResult> holds(R resource);

    /**
     * What the status says beside what both kinds have in common.
     *
     * @param mayBeRecorded whether the keys of a request may be recorded as those of a secondary region
     */
    Addition<S> addition(R resource, Predicate<EncryptionRequest> canPinKeys);

    /** What the status of one kind has beside what both have in common. */
    interface Addition<S> {

        Map<ConditionType, ConditionResult> judgements();

        /** The types of conditions that only hold where {@link #judgements} has them. */
        Set<ConditionType> ownTypes();

        S status(StatusBuilder.Parts parts);

        /** When it is to be decided again though nothing changes. */
        Optional<Duration> again();
    }
}
