package io.cmek.operator.index;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a change of one request concerns: what has to be looked at again because of it, and nothing else.
 *
 * @param keys of which other requests, other access or other credentials count now
 * @param buckets by name, of which the same is so
 * @param resources that have to be judged again
 */
public record Changes(SortedSet<KeyArn> keys, SortedSet<String> buckets, SortedSet<ResourceRef> resources) {

    /** Nothing is different. */
    public static Changes none() {
        return new Changes(new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
    }

    public boolean isEmpty() {
        return keys.isEmpty() && buckets.isEmpty() && resources.isEmpty();
    }

    /** Both together. */
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
