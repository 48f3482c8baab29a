package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Unreadable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reports each stored object that this version cannot read, once, in the log and as an Event. Such an object has no status that could report it. */
public final class UnreadableReporter {

    private static final String REASON = "Unreadable";
    private static final String ACTION = "ReadResource";
    private static final String NO_SPEC = "it has no spec";

    private final EventRecorder events;

    /** The reported parse error of each object, by uid. */
    private final Map<String, String> reported = new TreeMap<>();

    public UnreadableReporter(EventRecorder events) {
        this.events = events;
    }

    /**
     * @param unreadable all objects that cannot be read now
     * @return the uids of objects that could not be read last time and now are readable or gone
     */
    public synchronized Set<String> report(List<StoredResource> unreadable) {
        var now = new TreeSet<String>();
        for (StoredResource resource : unreadable) {
            String uid = resource.getMetadata().getUid();
            String why = why(resource.unreadable());
            now.add(uid);
            if (!why.equals(reported.put(uid, why))) {
                events.record(resource, List.of(new EventNotification(true, REASON, ACTION, note(resource, why))));
            }
        }
        var before = new TreeSet<>(reported.keySet());
        before.removeAll(now);
        reported.keySet().retainAll(now);
        return before;
    }

    private static String why(@Nullable Unreadable unreadable) {
        return unreadable == null ? NO_SPEC : unreadable.why();
    }

    private static String note(StoredResource resource, String why) {
        return "This version of the operator cannot read the " + resource.getKind() + ": " + why
                + ". The operator skips it: it writes nothing for it, does not remove it when it is deleted, and removes no access"
                + " from the policy of a key that it names. Upgrade the operator, or correct the field.";
    }
}
