package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Watchable;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Every status that the resources of a kind had, one after the other, as the API server sent them. */
public final class Statuses<S> implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private record Seen<S>(String name, S status) {}

    private final List<Seen<S>> seen = new CopyOnWriteArrayList<>();
    private final Watch watch;
    private volatile @Nullable WatcherException broken;

    private <R extends CustomResource<?, S>> Statuses(Watchable<R> resources) {
        this.watch = resources.watch(new Watcher<>() {
            @Override
            public void eventReceived(Action action, R resource) {
                if (action != Action.DELETED && resource.getStatus() != null) {
                    take(resource.getMetadata().getName(), resource.getStatus());
                }
            }

            @Override
            public void onClose(WatcherException cause) {
                broken = cause;
            }
        });
    }

    static <S, R extends CustomResource<?, S>> Statuses<S> of(Watchable<R> resources) {
        return new Statuses<>(resources);
    }

    private void take(String name, S status) {
        boolean different = seen.stream()
                .filter(s -> s.name().equals(name))
                .reduce((earlier, later) -> later)
                .filter(last -> last.status().equals(status))
                .isEmpty();
        if (different) {
            seen.add(new Seen<>(name, status));
        }
    }

    /** Those of one resource, in their order; each differs from the one before. */
    public List<S> of(String name) {
        if (broken != null) {
            throw new KubernetesClientException("the watch broke off", Objects.requireNonNull(broken));
        }
        return seen.stream()
                .filter(s -> s.name().equals(name))
                .map(Seen::status)
                .toList();
    }

    /** A status without the times at which something changed: what is left is the same whenever the same is so. */
    public static JsonNode timeless(CmekStatus status) {
        JsonNode json = JSON.valueToTree(status);
        for (String time : List.of("lastTransitionTime", "configuredAt", "awsUnreadableSince")) {
            json.findParents(time).forEach(parent -> ((ObjectNode) parent).remove(time));
        }
        return json;
    }

    @Override
    public void close() {
        watch.close();
    }
}
