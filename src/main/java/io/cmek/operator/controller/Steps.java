package io.cmek.operator.controller;

import io.cmek.operator.cluster.ApiServerError;
import io.cmek.operator.condition.Text;
import io.cmek.operator.request.ResourceRef;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the steps of a reconciliation one by one. A step that throws does not prevent the other steps or the status. A failing step is logged once,
 * until it succeeds or fails with another error.
 */
public final class Steps {

    /** Requeue delay after a failed step. */
    static final Duration RETRY = Duration.ofSeconds(10);

    private static final Logger LOG = Logger.getLogger(Steps.class);
    private static final int MAX_WORDS = 240;

    private record Step(ResourceRef request, String name) implements Comparable<Step> {

        private static final Comparator<Step> ORDER =
                Comparator.comparing(Step::request).thenComparing(Step::name);

        @Override
        public int compareTo(Step other) {
            return ORDER.compare(this, other);
        }
    }

    private final Map<Step, String> failing = new ConcurrentSkipListMap<>();

    /**
     * @param name what the step does, as a noun
     * @param otherwise makes the result of a failed step from a sentence's end that says why: "failed: …; it is tried again"
     */
    <T extends @Nullable Object> T run(
            ResourceRef request, String name, Supplier<T> work, Function<String, T> otherwise) {
        var step = new Step(request, name);
        try {
            T done = work.get();
            if (failing.remove(step) != null) {
                LOG.infof("%s: %s works again", request, name);
            }
            return done;
        } catch (RuntimeException e) {
            if (isStale(e)) {
                throw e;
            }
            String words = words(e);
            if (!words.equals(failing.put(step, words))) {
                // An API server error explains itself; only an unexpected exception needs its stack trace.
                LOG.logf(
                        Logger.Level.WARN,
                        e instanceof KubernetesClientException ? null : e,
                        "%s: %s failed: %s; it is tried again",
                        request,
                        name,
                        words);
            }
            return otherwise.apply("failed: " + words + "; it is tried again");
        }
    }

    /** Whether a write was refused because it was based on a stale resourceVersion: then the reconciliation is repeated. */
    static boolean isStale(RuntimeException e) {
        return e instanceof KubernetesClientException refused && refused.getCode() == HttpURLConnection.HTTP_CONFLICT;
    }

    /** Whether nothing is kept: for tests of the eviction. */
    boolean isEmpty() {
        return failing.isEmpty();
    }

    /** Evicts the state of a deleted resource. */
    void forget(ResourceRef request) {
        failing.keySet().removeIf(step -> step.request().equals(request));
    }

    private static String words(RuntimeException e) {
        return e instanceof KubernetesClientException refused
                ? ApiServerError.of(refused).words()
                : Text.line(
                        e.getClass().getSimpleName() + ": " + Objects.requireNonNullElse(e.getMessage(), "no message"),
                        MAX_WORDS);
    }
}
