package io.cmek.operator.keypolicy;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who is to be allowed what on one key: principals by kind of statement. The union of two is what both ask for together.
 *
 * @param principals principal ARNs by kind; kinds without principals are left out
 */
public record Grants(Map<StatementKind, SortedSet<String>> principals) {

    public static final Grants NONE = new Grants(Map.of());

    public Grants {
        var copy = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        principals.forEach((kind, arns) -> {
            if (!arns.isEmpty()) {
                copy.put(kind, Collections.unmodifiableSortedSet(new TreeSet<>(arns)));
            }
        });
        principals = Collections.unmodifiableMap(copy);
    }

    public static Grants of(StatementKind kind, Collection<String> principals) {
        return new Grants(Map.of(kind, new TreeSet<>(principals)));
    }

    public Grants plus(Grants other) {
        var union = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        principals.forEach((kind, arns) -> union.put(kind, new TreeSet<>(arns)));
        other.principals.forEach((kind, arns) ->
                union.computeIfAbsent(kind, k -> new TreeSet<>()).addAll(arns));
        return new Grants(union);
    }

    /** What only this one asks for. */
    public Grants minus(Grants other) {
        var rest = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        principals.forEach((kind, arns) -> {
            var theirs = Statement.canonical(other.of(kind));
            var left = new TreeSet<>(arns);
            left.removeIf(arn -> theirs.contains(Statement.canonical(arn)));
            rest.put(kind, left);
        });
        return new Grants(rest);
    }

    /** What both ask for. */
    public Grants and(Grants other) {
        return minus(minus(other));
    }

    /** What it gives by these kinds of statement. */
    public Grants only(Collection<StatementKind> kinds) {
        var some = new EnumMap<StatementKind, SortedSet<String>>(StatementKind.class);
        kinds.forEach(kind -> some.put(kind, of(kind)));
        return new Grants(some);
    }

    public SortedSet<String> of(StatementKind kind) {
        return principals.getOrDefault(kind, Collections.emptySortedSet());
    }

    public boolean isEmpty() {
        return principals.isEmpty();
    }
}
