package io.cmek.operator.report;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.function.Supplier;

/**
 * Writes statuses by server-side apply, each time with a fresh object and always as the same field manager, so that a spec that changes at
 * the same moment is never touched (Kubernetes documentation, "Server-Side Apply").
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

    /** @param fresh an empty object of the resource's kind */
    public <S, R extends CustomResource<?, S>> void write(R resource, Supplier<R> fresh, S status) {
        R patch = fresh.get();
        patch.getMetadata().setName(resource.getMetadata().getName());
        patch.getMetadata().setNamespace(resource.getMetadata().getNamespace());
        patch.getMetadata().setUid(resource.getMetadata().getUid());
        patch.setStatus(status);
        client.resource(patch).subresource("status").patch(SERVER_SIDE_APPLY);
    }
}
