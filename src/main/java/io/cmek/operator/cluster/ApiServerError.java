package io.cmek.operator.cluster;

import io.cmek.operator.condition.Text;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.Set;

/**
 * A failed request to the API server.
 *
 * @param code the HTTP status; 0 without a response
 * @param words the code and the message of the API server, an admission policy or a webhook, on one line and truncated
 */
public record ApiServerError(int code, String words) {

    private static final int MAX_WORDS = 240;

    /** Transient 4xx codes: timeout, conflict, too many requests (Kubernetes API conventions, "HTTP Status codes"). */
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
        return new ApiServerError(code, (code == 0 ? "no response: " : code + ": ") + Text.line(words, MAX_WORDS));
    }

    /** Whether a retry fails again until a user changes a permission, an admission policy or a webhook. */
    public boolean isRefusal() {
        return code >= 400 && code < 500 && !PASSING.contains(code);
    }
}
