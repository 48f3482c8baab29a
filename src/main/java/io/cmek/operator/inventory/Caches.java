package io.cmek.operator.inventory;

/** How the caches of Workgroups and ReplicaCmeks are filled. */
public final class Caches {

    /**
     * Objects in one answer of the API server to a list. An object has 1.5 MiB at most (etcd's limit for a request), and two lists at a time
     * are read as whole answers before what is not kept is dropped: the process starts in the heap that the chart gives it, whatever is
     * written into the objects.
     */
    public static final long PAGE = 20;

    private Caches() {}
}
