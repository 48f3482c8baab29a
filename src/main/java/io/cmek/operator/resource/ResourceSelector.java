package io.cmek.operator.resource;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The resources that this installation serves, where several share the work. What is outside is not seen at all: no Workgroup, no ReplicaCmek.
 *
 * @param selector the setting {@code cmek.selector}; empty for all resources
 */
public record ResourceSelector(Optional<String> selector) {

    /** All resources of the cluster. */
    public static final ResourceSelector ALL = new ResourceSelector(Optional.empty());

    /** As the API server takes it, null for all. */
    public @Nullable String labelSelector() {
        return selector.orElse(null);
    }

    /** For sentences about something that is not there: " with the labels …", or nothing where everything is served. */
    String inWords() {
        return selector.map(s -> " with the labels '" + s + "' that this installation serves")
                .orElse("");
    }
}
