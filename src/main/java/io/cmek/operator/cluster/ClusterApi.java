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
 * What the operator asks the API server about its own kinds, each method one request, past every cache. Failures are {@link
 * io.fabric8.kubernetes.client.KubernetesClientException}s.
 */
public interface ClusterApi {

    /** The finalizer of this operator. */
    String FINALIZER = "cmek.io/finalizer";

    Optional<Workgroup> workgroup(String namespace, String name);

    Optional<ReplicaCmek> replica(String namespace, String name);

    /** All ReplicaCmeks of the namespace that this installation serves. */
    List<ReplicaCmek> replicas(String namespace);

    /**
     * Every Workgroup and every ReplicaCmek that this installation serves, one after another, as they are at a moment after the call. In pages, so
     * that they are never in memory together.
     */
    void forEach(Consumer<StoredResource> consumer);

    /**
     * Writes a status by server-side apply over one version of the resource.
     *
     * @param resourceVersion the version that the status was computed from
     * @param fresh an empty object of the kind
     * @return the version of the resource now
     */
    <S, R extends CustomResource<?, S>> String applyStatus(R resource, String resourceVersion, R fresh, S status);

    /**
     * Adds {@link #FINALIZER} to this version of this very object, and to no other.
     *
     * @return the version of the resource now
     */
    String addFinalizer(StoredResource resource, String resourceVersion);

    /** Removes {@link #FINALIZER} from this version of this very object, and from no other. One that is gone is no failure. */
    void removeFinalizer(StoredResource resource, String resourceVersion);

    void createEvent(Event event);
}
