package io.cmek.operator.awscontrol;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The published snapshots of one controller.
 *
 * @param <K> identifies the item of a snapshot
 * @param <S> type of the snapshot
 */
final class Snapshots<K extends Comparable<? super K>, S> {

    /** @param said fingerprint of the snapshot when it was published */
    private record Published<S>(S snapshot, Object said) {}

    private final Map<K, Published<S>> published = new ConcurrentSkipListMap<>();
    private final BiFunction<S, Instant, Object> says;
    private final Consumer<K> changed;

    /**
     * @param says fingerprint of a snapshot at a time, without what differs between reads although nothing changed
     * @param changed called with each item whose snapshot has a new fingerprint
     */
    Snapshots(BiFunction<S, Instant, Object> says, Consumer<K> changed) {
        this.says = says;
        this.changed = changed;
    }

    @Nullable
    S find(K item) {
        Published<S> found = published.get(item);
        return found == null ? null : found.snapshot();
    }

    void publish(K item, S snapshot, Instant now) {
        Object saysNow = says.apply(snapshot, now);
        Published<S> before = published.put(item, new Published<>(snapshot, saysNow));
        // A fact may expire between two turns or after the publication. One comparison detects each case.
        if (before == null || !saysNow.equals(before.said()) || !saysNow.equals(says.apply(before.snapshot(), now))) {
            changed.accept(item);
        }
    }

    void remove(K item) {
        published.remove(item);
    }

    boolean isEmpty() {
        return published.isEmpty();
    }
}
