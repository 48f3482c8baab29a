package io.cmek.operator.index;

import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.StatementKind;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The access that several requests require on one key: each principal with the number of its requests. The cost of a change does not grow with the
 * number of other requests.
 */
final class RequiredAccess {

    private final Map<StatementKind, TreeMap<String, Integer>> counts = new EnumMap<>(StatementKind.class);
    private @Nullable AccessRequirements grants = AccessRequirements.NONE;

    /** @return whether the key requires more access than before */
    boolean add(AccessRequirements access) {
        boolean more = false;
        for (var entry : access.principals().entrySet()) {
            TreeMap<String, Integer> ofKind = counts.computeIfAbsent(entry.getKey(), kind -> new TreeMap<>());
            for (String principal : entry.getValue()) {
                more |= ofKind.merge(principal, 1, Integer::sum) == 1;
            }
        }
        return changed(more);
    }

    /**
     * @param access the same as was added
     * @return whether the key requires less access than before
     */
    boolean remove(AccessRequirements access) {
        boolean less = false;
        for (var entry : access.principals().entrySet()) {
            TreeMap<String, Integer> ofKind = counts.get(entry.getKey());
            for (String principal : entry.getValue()) {
                if (ofKind == null || !ofKind.containsKey(principal)) {
                    throw new IllegalStateException(principal + " is not required by " + entry.getKey());
                }
                less |= ofKind.computeIfPresent(principal, (p, count) -> count == 1 ? null : count - 1) == null;
            }
        }
        return changed(less);
    }

    private boolean changed(boolean changed) {
        if (changed) {
            grants = null;
        }
        return changed;
    }

    /** The access that at least one request requires. */
    AccessRequirements grants() {
        AccessRequirements known = grants;
        if (known == null) {
            var principals = new EnumMap<StatementKind, java.util.SortedSet<String>>(StatementKind.class);
            counts.forEach((kind, count) -> principals.put(kind, new TreeSet<>(count.keySet())));
            known = new AccessRequirements(principals);
            grants = known;
        }
        return known;
    }
}
