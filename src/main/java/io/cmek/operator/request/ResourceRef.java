package io.cmek.operator.request;

import java.util.Locale;

/** The resource of a request, by kind, namespace and name. */
public record ResourceRef(String kind, String namespace, String name) implements Comparable<ResourceRef> {

    @Override
    public int compareTo(ResourceRef other) {
        return toString().compareTo(other.toString());
    }

    /**
     * The reference in letters, digits, dots and dashes, for example {@code workgroup.team-a.orders}. It is unique, because a namespace has no dot.
     */
    public String dotted() {
        return String.join(".", kind.toLowerCase(Locale.ROOT), namespace, name);
    }

    /** For example {@code kubectl get workgroup orders -n team-a}. */
    public String getCommand() {
        return "kubectl get " + kind.toLowerCase(Locale.ROOT) + " " + name + " -n " + namespace;
    }

    @Override
    public String toString() {
        return kind + " " + namespace + "/" + name;
    }
}
