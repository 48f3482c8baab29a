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
 * The differences between the two kinds of resource.
 *
 * @param <R> the kind
 * @param <S> its status
 */
interface Kind<R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> {

    /** A new object of the kind without fields. */
    R empty();

    /** Why the operator writes nothing for the resource: this version does not understand all fields. Empty where it does. */
    Optional<ConditionResult> notUnderstood(R resource);

    /** Whether the reconciler must skip the resource for now. */
    boolean isLeftAlone(R resource);

    /**
     * Why a resource that is being deleted stays; empty where its finalizer may be removed. Where another resource decides, this reads the API server
     * past the cache.
     */
    Optional<ConditionResult> holds(R resource);

    /**
     * The part of the status that only this kind has.
     *
     * @param canPinKeys whether the keys of a request may be recorded as those of a secondary region
     */
    Addition<S> addition(R resource, Predicate<EncryptionRequest> canPinKeys);

    /** The part of a status that only one kind has. */
    interface Addition<S> {

        Map<ConditionType, ConditionResult> results();

        /** The condition types that are removed unless {@link #results} has them. */
        Set<ConditionType> ownTypes();

        S status(StatusBuilder.Parts parts);

        /** The requeue delay; empty where only an event can change the result. */
        Optional<Duration> again();
    }
}
