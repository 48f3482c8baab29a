package io.cmek.operator.controller;

import io.cmek.operator.act.ClusterApi;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.inventory.Resources;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes the status of a resource where it says something else than the stored one, and tells what changed as Events. */
public final class StatusWriter {

    /**
     * A status as it is stored.
     *
     * @param version of the resource that has it
     * @param status null where there is none yet
     */
    record Stored<S extends CmekStatus>(
            String version, @Nullable S status) {}

    /**
     * What came of a write.
     *
     * @param again when it is to be tried again; empty where the status says what it should
     */
    record Outcome<S extends CmekStatus>(Stored<S> stored, Optional<Duration> again) {}

    private final WrittenStatuses written;
    private final ClusterApi api;
    private final Steps steps;
    private final EventRecorder events;
    private final StatusObserver observer;

    public StatusWriter(
            WrittenStatuses written, ClusterApi api, Steps steps, EventRecorder events, StatusObserver observer) {
        this.written = written;
        this.api = api;
        this.steps = steps;
        this.events = events;
        this.observer = observer;
    }

    /**
     * Writes the status over the stored one, where it says something else.
     *
     * @param fresh an empty object of the kind
     */
    <R extends CustomResource<?, S> & StoredResource, S extends CmekStatus> Outcome<S> write(
            R resource, R fresh, Stored<S> stored, S next) {
        if (next.equals(stored.status())) {
            written.stands(resource, next);
            return new Outcome<>(stored, Optional.empty());
        }
        Optional<String> version = steps.run(
                Resources.idOf(resource),
                "the write of its status",
                () -> Optional.of(api.applyStatus(resource, stored.version(), fresh, next)),
                why -> Optional.empty());
        observer.statusWritten(version.isPresent());
        if (version.isEmpty()) {
            return new Outcome<>(stored, Optional.of(Steps.RETRY));
        }
        written.wrote(resource, next, version.get());
        events.record(resource, Transition.between(stored.status(), next));
        return new Outcome<>(new Stored<>(version.get(), next), Optional.empty());
    }

    /** Whether the cache has not caught up with the last write of the resource's status yet. */
    boolean isNewerThan(StoredResource resource) {
        return written.isNewerThan(resource);
    }

    void forget(String uid) {
        written.forget(uid);
    }

    /** Whether nothing is kept: for tests of what is evicted. */
    boolean isEmpty() {
        return written.isEmpty();
    }
}
