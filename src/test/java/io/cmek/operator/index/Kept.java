package io.cmek.operator.index;

/** What an index keeps, for tests of other packages. */
public final class Kept {

    private Kept() {}

    public static boolean isNothing(RequestIndex index) {
        return index.isEmpty();
    }
}
