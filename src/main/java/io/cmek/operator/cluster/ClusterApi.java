package io.cmek.operator.cluster;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Requests to the API server for the kinds of this operator. They bypass every cache and are not retried. They throw {@link
 * io.fabric8.kubernetes.client.KubernetesClientException}.
 */
public interface ClusterApi {

    /** The finalizer of this operator. */
    String FINALIZER = "cmek.io/finalizer";

    Optional<Workgroup> workgroup(String namespace, String name);

    Optional<ReplicaCmek> replica(String namespace, String name);

    /** All ReplicaCmeks of the namespace that this installation serves. */
    List<ReplicaCmek> replicas(String namespace);

    /**
     * Passes every Workgroup and every ReplicaCmek that this installation serves to the consumer, in a state from after the call. Lists in pages, so
     * that they are never all in memory.
     */
    void forEach(Consumer<StoredResource> consumer);

    /**
     * Writes a status by server-side apply, with the resourceVersion as a precondition.
     *
     * @param resourceVersion the version that the status was computed from
     * @param fresh an empty object of the kind
     * @return the new resourceVersion
     */
    <S, R extends CustomResource<?, S>> String applyStatus(R resource, String resourceVersion, R fresh, S status);

    /**
     * Adds {@link #FINALIZER}, with uid and resourceVersion as preconditions.
     *
     * @return the new resourceVersion
     */
    String addFinalizer(StoredResource resource, String resourceVersion);

    /** Removes {@link #FINALIZER}, with uid and resourceVersion as preconditions. A deleted object is not an error. */
    void removeFinalizer(StoredResource resource, String resourceVersion);

    void createEvent(Event event);
}
