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
 * Runs the steps of a reconciliation one by one, so that what one of them throws does not keep the others from being done and told. A step
 * that fails is logged once, until it succeeds or fails in another way.
 */
public final class Steps {

    /** When a reconciliation of which a step has failed is to be repeated. */
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
     * @param otherwise what comes of it when it fails, made from a sentence's end that says why: "failed: …; it is tried again"
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
                // The API server's words say it all; only what was not foreseen needs the place where it came about.
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

    /** Whether a write was refused because its author had not seen the newest version of the resource: then everything is computed again. */
    static boolean isStale(RuntimeException e) {
        return e instanceof KubernetesClientException refused && refused.getCode() == HttpURLConnection.HTTP_CONFLICT;
    }

    /** Whether nothing is kept: for tests of what is evicted. */
    boolean isEmpty() {
        return failing.isEmpty();
    }

    /** Forgets a claim that is gone. */
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
