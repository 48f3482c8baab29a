package io.cmek.operator.cluster;

import io.cmek.operator.condition.Text;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.Set;

/**
 * Why the API server did not do what it was asked.
 *
 * @param code the HTTP status; 0 where there was no answer
 * @param words the API server's own, on one line and bounded; of an admission policy or webhook, what it said
 */
public record ApiServerError(int code, String words) {

    private static final int MAX_WORDS = 240;

    /** Time-out, conflict, too many requests: answers that are another one a moment later (Kubernetes API conventions, "HTTP Status codes"). */
    private static final Set<Integer> PASSING =
            Set.of(HttpURLConnection.HTTP_CLIENT_TIMEOUT, HttpURLConnection.HTTP_CONFLICT, 429);

    public static ApiServerError of(KubernetesClientException e) {
        String words = e.getStatus() == null ? null : e.getStatus().getMessage();
        if (words == null || words.isBlank()) {
            Throwable cause = e;
            while (cause.getCause() != null && cause.getCause() != cause) {
                cause = cause.getCause();
            }
            words = Objects.requireNonNullElse(
                    cause.getMessage(), cause.getClass().getSimpleName());
        }
        int code = Math.max(0, e.getCode());
        return new ApiServerError(code, (code == 0 ? "no answer: " : code + ": ") + Text.line(words, MAX_WORDS));
    }

    /** Whether the same request would be refused again, until a person changes a right, a policy or a webhook. */
    public boolean isRefusal() {
        return code >= 400 && code < 500 && !PASSING.contains(code);
    }
}
