package io.cmek.operator.report;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.function.Supplier;

/**
 * Writes statuses by server-side apply, each time with a fresh object and always as the same field manager, so that a spec that changes at
 * the same moment is never touched (Kubernetes documentation, "Server-Side Apply"). A status is written only over the version of the
 * resource that it was computed from: one from an older copy would take back what a newer one says, the lock of R8 among it.
 */
public final class StatusWriter {

    /** The operator's name among the managers of fields. */
    public static final String FIELD_MANAGER = "cmek-operator";

    private static final PatchContext SERVER_SIDE_APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .withForce(true)
            .build();

    private final KubernetesClient client;

    public StatusWriter(KubernetesClient client) {
        this.client = client;
    }

    /**
     * @param resource the version that the status was computed from
     * @param fresh an empty object of the resource's kind
     * @return the resource's version now
     * @throws KubernetesClientException with {@link #isOutdated} where the resource has changed since
     */
    public <S, R extends CustomResource<?, S>> String write(R resource, Supplier<R> fresh, S status) {
        R patch = fresh.get();
        patch.getMetadata().setName(resource.getMetadata().getName());
        patch.getMetadata().setNamespace(resource.getMetadata().getNamespace());
        patch.getMetadata().setUid(resource.getMetadata().getUid());
        patch.getMetadata().setResourceVersion(resource.getMetadata().getResourceVersion());
        patch.setStatus(status);
        return client.resource(patch)
                .subresource("status")
                .patch(SERVER_SIDE_APPLY)
                .getMetadata()
                .getResourceVersion();
    }

    /** Whether a write was refused because its author had not seen the newest version of the resource. */
    public static boolean isOutdated(Exception failure) {
        return failure instanceof KubernetesClientException refused
                && refused.getCode() == HttpURLConnection.HTTP_CONFLICT;
    }
}
