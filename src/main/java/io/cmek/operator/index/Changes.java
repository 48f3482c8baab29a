package io.cmek.operator.index;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What must be processed after a change of one request.
 *
 * @param keys whose requests, required access or credentials changed
 * @param buckets names of buckets whose requests or credentials changed
 * @param resources that must be reconciled
 */
public record Changes(SortedSet<KeyArn> keys, SortedSet<String> buckets, SortedSet<ResourceRef> resources) {

    /** No change. */
    public static Changes none() {
        return new Changes(new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
    }

    public boolean isEmpty() {
        return keys.isEmpty() && buckets.isEmpty() && resources.isEmpty();
    }

    /** The union of both. */
    public Changes plus(Changes other) {
        var all = none();
        all.keys.addAll(keys);
        all.keys.addAll(other.keys);
        all.buckets.addAll(buckets);
        all.buckets.addAll(other.buckets);
        all.resources.addAll(resources);
        all.resources.addAll(other.resources);
        return all;
    }
}
