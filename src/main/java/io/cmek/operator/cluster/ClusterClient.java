package io.cmek.operator.cluster;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@link ClusterApi} on the fabric8 client. It does not retry: the reconciliation repeats the step ({@link SingleAttemptClient}).
 *
 * <p>It writes statuses by server-side apply with a new object and one field manager. So a write never touches a spec that changes at the same time
 * (Kubernetes documentation, "Server-Side Apply"). It writes finalizers by a JSON patch that tests uid and resourceVersion (RFC 6902, "test"),
 * so that a recreated object of the same name is left alone.
 */
public final class ClusterClient implements ClusterApi {

    /** The field manager of every write of the operator. */
    public static final String FIELD_MANAGER = "cmek-operator";

    private static final PatchContext SERVER_SIDE_APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .withForce(true)
            .build();

    private static final PatchContext JSON_PATCH = new PatchContext.Builder()
            .withPatchType(PatchType.JSON)
            .withFieldManager(FIELD_MANAGER)
            .build();

    private static final int UNPROCESSABLE = 422;

    private final KubernetesClient client;
    private final @Nullable String labelSelector;
    private final long page;

    /**
     * @param labelSelector selects the resources that this installation serves; null selects all
     * @param page the page size of list requests
     */
    public ClusterClient(KubernetesClient client, @Nullable String labelSelector, long page) {
        this.client = client;
        this.labelSelector = labelSelector;
        this.page = page;
    }

    @Override
    public Optional<Workgroup> workgroup(String namespace, String name) {
        return Optional.ofNullable(client.resources(Workgroup.class)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    @Override
    public Optional<ReplicaCmek> replica(String namespace, String name) {
        return Optional.ofNullable(client.resources(ReplicaCmek.class)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    @Override
    public List<ReplicaCmek> replicas(String namespace) {
        return client.resources(ReplicaCmek.class)
                .inNamespace(namespace)
                .list(options(null))
                .getItems();
    }

    @Override
    public void forEach(Consumer<StoredResource> consumer) {
        inPages(Workgroup.class, consumer);
        inPages(ReplicaCmek.class, consumer);
    }

    private <R extends CustomResource<?, ?> & StoredResource> void inPages(
            Class<R> kind, Consumer<StoredResource> consumer) {
        String more = null;
        do {
            var list = client.resources(kind)
                    .inAnyNamespace()
                    .list(new ListOptionsBuilder(options(more)).withLimit(page).build());
            list.getItems().forEach(consumer);
            more = list.getMetadata().getContinue();
        } while (more != null && !more.isEmpty());
    }

    /** Sets no resourceVersion, so that the API server reads from etcd (Kubernetes API concepts, "Semantics for get and list"). */
    private ListOptions options(@Nullable String more) {
        return new ListOptionsBuilder()
                .withLabelSelector(labelSelector)
                .withContinue(more)
                .build();
    }

    @Override
    public <S, R extends CustomResource<?, S>> String applyStatus(
            R resource, String resourceVersion, R fresh, S status) {
        fresh.getMetadata().setName(resource.getMetadata().getName());
        fresh.getMetadata().setNamespace(resource.getMetadata().getNamespace());
        fresh.getMetadata().setUid(resource.getMetadata().getUid());
        fresh.getMetadata().setResourceVersion(resourceVersion);
        fresh.setStatus(status);
        return client.resource(fresh)
                .subresource("status")
                .patch(SERVER_SIDE_APPLY)
                .getMetadata()
                .getResourceVersion();
    }

    @Override
    public String addFinalizer(StoredResource resource, String resourceVersion) {
        var finalizers = new ArrayList<>(finalizersOf(resource));
        finalizers.add(FINALIZER);
        return patchFinalizers(resource, resourceVersion, finalizers);
    }

    @Override
    public void removeFinalizer(StoredResource resource, String resourceVersion) {
        List<String> others = finalizersOf(resource).stream()
                .filter(finalizer -> !finalizer.equals(FINALIZER))
                .toList();
        try {
            patchFinalizers(resource, resourceVersion, others);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }

    private String patchFinalizers(StoredResource resource, String resourceVersion, List<String> finalizers) {
        String list = finalizers.stream().map(f -> '"' + f + '"').collect(Collectors.joining(",", "[", "]"));
        String patch = """
                [{"op":"test","path":"/metadata/uid","value":"%s"},
                 {"op":"test","path":"/metadata/resourceVersion","value":"%s"},
                 {"op":"add","path":"/metadata/finalizers","value":%s}]""".formatted(resource.getMetadata().getUid(), resourceVersion, list);
        try {
            return patch(resource, patch).getMetadata().getResourceVersion();
        } catch (KubernetesClientException e) {
            throw e.getCode() == UNPROCESSABLE && isStale(resource, resourceVersion) ? conflict(e) : e;
        }
    }

    /** Tells a failed test of the JSON patch from an invalid patch: the API server returns 422 for both. */
    private boolean isStale(StoredResource resource, String resourceVersion) {
        String namespace = resource.getMetadata().getNamespace();
        String name = resource.getMetadata().getName();
        Optional<? extends HasMetadata> now =
                resource instanceof Workgroup ? workgroup(namespace, name) : replica(namespace, name);
        return now.filter(r ->
                        r.getMetadata().getUid().equals(resource.getMetadata().getUid()))
                .filter(r -> r.getMetadata().getResourceVersion().equals(resourceVersion))
                .isEmpty();
    }

    private static KubernetesClientException conflict(KubernetesClientException e) {
        return new KubernetesClientException(e.getMessage(), HttpURLConnection.HTTP_CONFLICT, e.getStatus());
    }

    private HasMetadata patch(StoredResource resource, String patch) {
        return switch (resource) {
            case Workgroup workgroup ->
                client.resources(Workgroup.class)
                        .inNamespace(workgroup.getMetadata().getNamespace())
                        .withName(workgroup.getMetadata().getName())
                        .patch(JSON_PATCH, patch);
            case ReplicaCmek replica ->
                client.resources(ReplicaCmek.class)
                        .inNamespace(replica.getMetadata().getNamespace())
                        .withName(replica.getMetadata().getName())
                        .patch(JSON_PATCH, patch);
        };
    }

    private static List<String> finalizersOf(StoredResource resource) {
        List<String> finalizers = resource.getMetadata().getFinalizers();
        return finalizers == null ? List.of() : finalizers;
    }

    @Override
    public void createEvent(Event event) {
        client.resource(event).create();
    }
}
