package io.cmek.operator.inventory;

import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.volume.StorageClassSpec;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The StorageClasses that the operator made, as the cluster has them now. */
public final class StorageClasses {

    private StorageClasses() {}

    /** Has a resource reconciled when its StorageClass is changed or deleted by somebody else. */
    public static <P extends StoredResource> EventSource<StorageClass, P> source(EventSourceContext<P> context) {
        Class<P> owner = context.getPrimaryResourceClass();
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(StorageClass.class, owner)
                        .withLabelSelector(StorageClassPublisher.MANAGED_BY + "=" + StorageClassPublisher.OPERATOR + ","
                                + StorageClassPublisher.OWNER_KIND + "=" + owner.getSimpleName())
                        .withSecondaryToPrimaryMapper(StorageClasses::ownerOf)
                        .withGenericFilter(storageClass -> ownerOf(storageClass).stream()
                                .allMatch(owning -> NotUnderstood.mayBeReconciled(
                                        context.getPrimaryCache().get(owning))))
                        .build(),
                context);
    }

    /** The StorageClass of the claim's name, null where there is none or it is nobody's that the operator knows. */
    public static @Nullable StorageClassSpec of(Claim claim, Context<?> context) {
        return context.getSecondaryResourcesAsStream(StorageClass.class)
                .map(StorageClassPublisher::read)
                .filter(s -> claim.volumes() != null
                        && s.name().equals(claim.volumes().storageClassName()))
                .findFirst()
                .orElse(null);
    }

    private static Set<ResourceID> ownerOf(StorageClass storageClass) {
        Map<String, String> labels = storageClass.getMetadata().getLabels();
        String name = labels.get(StorageClassPublisher.OWNER_NAME);
        return name == null
                ? Set.of()
                : Set.of(new ResourceID(name, labels.get(StorageClassPublisher.OWNER_NAMESPACE)));
    }
}
