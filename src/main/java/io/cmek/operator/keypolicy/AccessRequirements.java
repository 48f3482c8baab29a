package io.cmek.operator.keypolicy;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The access that one key's policy must allow: principals by kind of statement.
 *
 * @param principals principal ARNs by kind, without kinds that have no principals
 */
public record AccessRequirements(Map<StatementKind, SortedSet<String>> principals) {

    public static final AccessRequirements NONE = new AccessRequirements(Map.of());

    public AccessRequirements {
        var copy = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        principals.forEach((kind, arns) -> {
            if (!arns.isEmpty()) {
                copy.put(kind, Collections.unmodifiableSortedSet(new TreeSet<>(arns)));
            }
        });
        principals = Collections.unmodifiableMap(copy);
    }

    public static AccessRequirements of(StatementKind kind, Collection<String> principals) {
        return new AccessRequirements(Map.of(kind, new TreeSet<>(principals)));
    }

    public AccessRequirements plus(AccessRequirements other) {
        var union = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        principals.forEach((kind, arns) -> union.put(kind, new TreeSet<>(arns)));
        other.principals.forEach((kind, arns) ->
                union.computeIfAbsent(kind, k -> new TreeSet<>()).addAll(arns));
        return new AccessRequirements(union);
    }

    /** The access that only this one requires. */
    public AccessRequirements minus(AccessRequirements other) {
        var rest = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        principals.forEach((kind, arns) -> {
            var theirs = Statement.canonical(other.of(kind));
            var left = new TreeSet<>(arns);
            left.removeIf(arn -> theirs.contains(Statement.canonical(arn)));
            rest.put(kind, left);
        });
        return new AccessRequirements(rest);
    }

    /** The union of the access that both require. */
    public AccessRequirements and(AccessRequirements other) {
        return minus(minus(other));
    }

    /** The part of the access for these kinds of statement. */
    public AccessRequirements only(Collection<StatementKind> kinds) {
        var some = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        kinds.forEach(kind -> some.put(kind, of(kind)));
        return new AccessRequirements(some);
    }

    public SortedSet<String> of(StatementKind kind) {
        return principals.getOrDefault(kind, Collections.emptySortedSet());
    }

    public boolean isEmpty() {
        return principals.isEmpty();
    }
}
