package io.cmek.operator.request;

import java.util.Collection;
import java.util.List;

/**
 * The other resources that use a key. Those of other namespaces are counted and not named: whoever may read one resource may not read those.
 *
 * @param named the first ones of the same namespace, {@link #NAMED} at most
 * @param more how many more there are of the same namespace
 * @param elsewhere how many there are of other namespaces
 */
public record Neighbours(List<ClaimId> named, long more, long elsewhere) {

    /** As many names fit a sentence that a person reads. */
    public static final int NAMED = 5;

    public static final Neighbours NONE = new Neighbours(List.of(), 0, 0);

    public Neighbours {
        named = List.copyOf(named);
    }

    /** @param others the other resources that use a key with the claim, in any order */
    public static Neighbours of(Claim claim, Collection<Claim> others) {
        List<ClaimId> here = others.stream()
                .map(Claim::id)
                .filter(id -> id.namespace().equals(claim.id().namespace()))
                .sorted()
                .toList();
        List<ClaimId> named = here.stream().limit(NAMED).toList();
        return new Neighbours(named, here.size() - named.size(), others.size() - here.size());
    }
}
