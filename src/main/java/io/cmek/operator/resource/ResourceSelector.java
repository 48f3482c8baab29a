package io.cmek.operator.resource;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The resources that this installation serves, where several share a cluster. The operator does not list other resources at all.
 *
 * @param selector the setting {@code cmek.selector}; empty for all resources
 */
public record ResourceSelector(Optional<String> selector) {

    /** All resources of the cluster. */
    public static final ResourceSelector ALL = new ResourceSelector(Optional.empty());

    /** The label selector for the API server, null for all. */
    public @Nullable String labelSelector() {
        return selector.orElse(null);
    }

    /** For messages about a missing object: " with the labels …"; empty where this installation serves all resources. */
    String inWords() {
        return selector.map(s -> " with the labels '" + s + "' that this installation serves")
                .orElse("");
    }
}
