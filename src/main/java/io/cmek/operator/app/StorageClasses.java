package io.cmek.operator.app;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.cluster.StorageClassReconciler;
import io.cmek.operator.controller.StorageClassCache;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.storageclass.StorageClassSpec;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The StorageClasses that the operator created, from the informer caches of both controllers. */
final class StorageClasses implements StorageClassCache {

    private final List<InformerEventSource<StorageClass, ?>> sources = new CopyOnWriteArrayList<>();

    /** Triggers a reconciliation of the owner when another client changes or deletes its StorageClass. */
    <P extends StoredResource> EventSource<StorageClass, P> source(EventSourceContext<P> context) {
        Class<P> owner = context.getPrimaryResourceClass();
        var source = new InformerEventSource<StorageClass, P>(
                InformerEventSourceConfiguration.from(StorageClass.class, owner)
                        .withLabelSelector(StorageClassReconciler.MANAGED_BY + "=" + StorageClassReconciler.OPERATOR
                                + "," + StorageClassReconciler.OWNER_KIND + "=" + owner.getSimpleName())
                        .withSecondaryToPrimaryMapper(StorageClasses::ownerOf)
                        .withGenericFilter(storageClass -> ownerOf(storageClass).stream()
                                .allMatch(owning -> NotUnderstood.mayBeReconciled(
                                        context.getPrimaryCache().get(owning))))
                        .build(),
                context);
        sources.add(source);
        return source;
    }

    @Override
    public @Nullable StorageClassSpec find(String name) {
        return sources.stream()
                .map(source -> source.get(new ResourceID(name)))
                .flatMap(Optional::stream)
                .findFirst()
                .map(StorageClassReconciler::read)
                .orElse(null);
    }

    private static Set<ResourceID> ownerOf(StorageClass storageClass) {
        Map<String, String> labels = storageClass.getMetadata().getLabels();
        String name = labels.get(StorageClassReconciler.OWNER_NAME);
        return name == null
                ? Set.of()
                : Set.of(new ResourceID(name, labels.get(StorageClassReconciler.OWNER_NAMESPACE)));
    }
}
