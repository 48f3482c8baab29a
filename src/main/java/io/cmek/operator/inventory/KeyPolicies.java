package io.cmek.operator.inventory;

import io.cmek.operator.act.KeyPolicyPublisher;
import io.cmek.operator.claim.KeyPolicyFiles;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The ConfigMaps with key policies that the operator made, as the cluster has them now. */
public final class KeyPolicies {

    private KeyPolicies() {}

    /** Has a resource reconciled when its ConfigMap is changed or deleted by somebody else. */
    public static <P extends HasMetadata> EventSource<ConfigMap, P> source(EventSourceContext<P> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(ConfigMap.class, context.getPrimaryResourceClass())
                        .withLabelSelector(selector(KeyPolicyPublisher.LABELS))
                        .withSecondaryToPrimaryMapper(KeyPolicies::resourceOf)
                        .build(),
                context);
    }

    /** The ConfigMap of the resource, null where there is none or it is nobody's that the operator knows. */
    public static @Nullable ConfigMap of(HasMetadata resource, Context<?> context) {
        String name = KeyPolicyFiles.configMapOf(resource.getMetadata().getName());
        return context.getSecondaryResourcesAsStream(ConfigMap.class)
                .filter(c -> c.getMetadata().getName().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static Set<ResourceID> resourceOf(ConfigMap configMap) {
        return KeyPolicyFiles.resourceOf(configMap.getMetadata().getName()).stream()
                .map(name -> new ResourceID(name, configMap.getMetadata().getNamespace()))
                .collect(Collectors.toSet());
    }

    private static String selector(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .sorted()
                .collect(Collectors.joining(","));
    }
}
