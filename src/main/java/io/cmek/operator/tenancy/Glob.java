package io.cmek.operator.tenancy;

import io.cmek.operator.key.Wildcards;

/** A pattern in which {@code *} matches any text and every other character matches itself. */
public final class Glob implements Comparable<Glob> {

    private final String text;

    public Glob(String text) {
        this.text = text;
    }

    public boolean matches(String candidate) {
        return Wildcards.matchesStars(text, candidate);
    }

    /** The more specific pattern is greater: first one without a wildcard, then the one with more literal characters. */
    @Override
    public int compareTo(Glob other) {
        int exact = Boolean.compare(!text.contains("*"), !other.text.contains("*"));
        return exact != 0 ? exact : Integer.compare(literals(), other.literals());
    }

    private int literals() {
        return text.replace("*", "").length();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Glob that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
