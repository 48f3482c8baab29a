package io.cmek.operator.request;

import java.util.Collection;
import java.util.List;

/**
 * The other resources that use a key. Those of other namespaces are only counted: readers of one resource may not be allowed to read those.
 *
 * @param named the first ones of the same namespace, {@link #NAMED} at most
 * @param more how many more there are of the same namespace
 * @param elsewhere how many there are of other namespaces
 */
public record KeySharers(List<ResourceRef> named, long more, long elsewhere) {

    /** The maximum that keeps a message readable. */
    public static final int NAMED = 5;

    public static final KeySharers NONE = new KeySharers(List.of(), 0, 0);

    public KeySharers {
        named = List.copyOf(named);
    }

    /** @param others the other resources that share the key with the request, in any order */
    public static KeySharers of(EncryptionRequest request, Collection<EncryptionRequest> others) {
        List<ResourceRef> here = others.stream()
                .map(EncryptionRequest::id)
                .filter(id -> id.namespace().equals(request.id().namespace()))
                .sorted()
                .toList();
        List<ResourceRef> named = here.stream().limit(NAMED).toList();
        return new KeySharers(named, here.size() - named.size(), others.size() - here.size());
    }
}
