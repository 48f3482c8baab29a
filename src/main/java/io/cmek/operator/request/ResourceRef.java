package io.cmek.operator.request;

import java.util.Locale;

/** Which resource a claim is of. */
public record ResourceRef(String kind, String namespace, String name) implements Comparable<ResourceRef> {

    @Override
    public int compareTo(ResourceRef other) {
        return toString().compareTo(other.toString());
    }

    /** Of letters, digits, dots and dashes alone, for example {@code workgroup.team-a.orders}. No namespace has a dot. */
    public String dotted() {
        return String.join(".", kind.toLowerCase(Locale.ROOT), namespace, name);
    }

    @Override
    public String toString() {
        return kind + " " + namespace + "/" + name;
    }
}
