package io.cmek.operator.claim;

/** Which resource a claim is of. */
public record ClaimId(String kind, String namespace, String name) implements Comparable<ClaimId> {

    @Override
    public int compareTo(ClaimId other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return kind + " " + namespace + "/" + name;
    }
}
