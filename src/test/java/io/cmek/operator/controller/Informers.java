package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.NotUnderstood;
import io.cmek.operator.resource.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The informer of one kind, as it is on a bad day: it is late, misses what was in between, or starts with what is past. */
public final class Informers {

    private Informers() {}

    /** Receives what an informer finds. */
    public interface Handler {

        void put(StoredResource now);

        void remove(StoredResource last);

        void synced();
    }

    /**
     * Passes on what an informer of a kind finds as the program does: to {@link Dispatch}, and as events of the operator SDK, whose filters
     * (generationAware) let additions, changes of the generation, and what is being deleted pass.
     *
     * @param event of the operator SDK
     */
    public static Handler passingOn(String kind, Dispatch dispatch, Consumer<ResourceRef> event) {
        return new Handler() {

            private final TreeMap<ResourceRef, String> seen = new TreeMap<>();

            @Override
            public void put(StoredResource now) {
                dispatch.put(now);
                if (NotUnderstood.isReadable(now) && passes(now)) {
                    event.accept(Resources.idOf(now));
                }
            }

            private boolean passes(StoredResource now) {
                String version =
                        now.getMetadata().getUid() + " " + now.getMetadata().getGeneration();
                return !version.equals(seen.put(Resources.idOf(now), version))
                        || now.getMetadata().getDeletionTimestamp() != null;
            }

            @Override
            public void remove(StoredResource last) {
                dispatch.remove(last);
                event.accept(Resources.idOf(last));
            }

            @Override
            public void synced() {
                dispatch.synced(kind);
            }
        };
    }

    /** The informer of Workgroups, or of ReplicaCmeks. */
    public static final class OfKind {

        private final String kind;
        private final FakeCluster cluster;
        private final Ticker ticker;
        private final Handler handler;

        /** How late the next change is delivered. */
        private Supplier<Duration> lag;

        private final TreeMap<ResourceRef, StoredResource> cache = new TreeMap<>();
        private long listAt;
        private int position;
        private boolean isSynced;
        private boolean isCut;
        private @Nullable Long due;

        /**
         * @param listAt when the first list comes
         * @param past how many changes of the cluster's history the first list does not know yet
         */
        public OfKind(
                String kind,
                FakeCluster cluster,
                Ticker ticker,
                Handler handler,
                Supplier<Duration> lag,
                Duration listAt,
                int past) {
            this.kind = kind;
            this.cluster = cluster;
            this.ticker = ticker;
            this.handler = handler;
            this.lag = lag;
            this.listAt = ticker.nanos() + listAt.toNanos();
            this.past = past;
        }

        private final int past;

        public void lag(Supplier<Duration> lag) {
            this.lag = lag;
            due = null;
        }

        /** No change is delivered any more. */
        public void cut() {
            isCut = true;
        }

        /** What is there now is listed, and what was between is not delivered. */
        public void relist() {
            isCut = false;
            due = null;
            if (!isSynced) {
                return;
            }
            position = cluster.history.size();
            TreeMap<ResourceRef, StoredResource> now = state(position);
            // The real informer tells first what is there, and then what is gone.
            for (var entry : now.entrySet()) {
                StoredResource before = cache.put(entry.getKey(), entry.getValue());
                if (before == null
                        || !before.getMetadata()
                                .getResourceVersion()
                                .equals(entry.getValue().getMetadata().getResourceVersion())) {
                    handler.put(entry.getValue());
                }
            }
            List.copyOf(cache.keySet()).stream()
                    .filter(id -> !now.containsKey(id))
                    .forEach(id -> handler.remove(Objects.requireNonNull(cache.remove(id))));
        }

        private TreeMap<ResourceRef, StoredResource> state(int upTo) {
            var state = new TreeMap<ResourceRef, StoredResource>();
            cluster.history.subList(0, upTo).stream()
                    .filter(c -> c.id().kind().equals(kind))
                    .forEach(c -> {
                        if (c.isDeletion()) {
                            state.remove(c.id());
                        } else {
                            state.put(c.id(), c.object());
                        }
                    });
            return state;
        }

        /** What the cache has. */
        public Optional<StoredResource> find(ResourceRef id) {
            return Optional.ofNullable(cache.get(id));
        }

        public boolean isSynced() {
            return isSynced;
        }

        /** @return whether something was delivered */
        public boolean tellNext() {
            Optional<Duration> left = untilNext();
            if (left.isEmpty() || left.get().isPositive()) {
                return false;
            }
            if (!isSynced) {
                position = Math.max(0, cluster.history.size() - past);
                cache.putAll(state(position));
                isSynced = true;
                cache.values().forEach(handler::put);
                handler.synced();
                return true;
            }
            FakeCluster.Change change = cluster.history.get(position++);
            due = null;
            if (change.isDeletion()) {
                cache.remove(change.id());
                handler.remove(change.object());
            } else {
                cache.put(change.id(), change.object());
                handler.put(change.object());
            }
            return true;
        }

        public Optional<Duration> untilNext() {
            if (!isSynced) {
                return isCut ? Optional.empty() : Optional.of(left(listAt));
            }
            if (isCut) {
                return Optional.empty();
            }
            while (position < cluster.history.size()
                    && !cluster.history.get(position).id().kind().equals(kind)) {
                position++;
            }
            if (position == cluster.history.size()) {
                return Optional.empty();
            }
            if (due == null) {
                due = cluster.history.get(position).at() + lag.get().toNanos();
            }
            return Optional.of(left(due));
        }

        private Duration left(long at) {
            long left = at - ticker.nanos();
            return left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
        }
    }

    /** The informer of StorageClasses. */
    public static final class OfClasses {

        private final FakeCluster cluster;
        private final Ticker ticker;
        private final Consumer<io.fabric8.kubernetes.api.model.storage.StorageClass> changed;
        private final TreeMap<String, io.fabric8.kubernetes.api.model.storage.StorageClass> cache = new TreeMap<>();
        private int position;

        /** How late changes are delivered. */
        Duration lag;

        public OfClasses(
                FakeCluster cluster,
                Ticker ticker,
                Duration lag,
                Consumer<io.fabric8.kubernetes.api.model.storage.StorageClass> changed) {
            this.cluster = cluster;
            this.ticker = ticker;
            this.lag = lag;
            this.changed = changed;
            cluster.storageClasses().forEach(c -> cache.put(c.getMetadata().getName(), c));
            position = cluster.classHistory.size();
        }

        public io.fabric8.kubernetes.api.model.storage.@Nullable StorageClass find(String name) {
            return cache.get(name);
        }

        public boolean tellNext() {
            Optional<Duration> left = untilNext();
            if (left.isEmpty() || left.get().isPositive()) {
                return false;
            }
            FakeCluster.ClassChange change = cluster.classHistory.get(position++);
            String name = change.object().getMetadata().getName();
            if (change.isDeletion()) {
                cache.remove(name);
            } else {
                cache.put(name, change.object());
            }
            changed.accept(change.object());
            return true;
        }

        public Optional<Duration> untilNext() {
            if (position >= cluster.classHistory.size()) {
                return Optional.empty();
            }
            long left = cluster.classHistory.get(position).at() + lag.toNanos() - ticker.nanos();
            return Optional.of(left > 0 ? Duration.ofNanos(left) : Duration.ZERO);
        }
    }
}
