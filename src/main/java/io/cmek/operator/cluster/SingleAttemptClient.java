package io.cmek.operator.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;

/**
 * A client of the API server for steps of a reconciliation. The client's own repetitions (fabric8 repeats a request that gets a 5xx ten times,
 * which takes about twenty seconds) would hold up what the other steps have to tell; the reconciliation repeats the step itself.
 */
public final class SingleAttemptClient {

    private SingleAttemptClient() {}

    /** The same client, on the same connections, which asks once. */
    public static KubernetesClient of(KubernetesClient client) {
        return client.newClient(
                        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                                .withRequestRetryBackoffLimit(0)
                                .build())
                .adapt(KubernetesClient.class);
    }
}
