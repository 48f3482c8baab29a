package io.cmek.operator.cluster;

/** What a publisher keeps, for tests of other packages. */
public final class Published {

    private Published() {}

    public static boolean isNothing(StorageClassReconciler publisher) {
        return publisher.isEmpty();
    }
}
