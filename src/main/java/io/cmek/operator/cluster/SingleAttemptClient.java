package io.cmek.operator.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;

/**
 * A Kubernetes client without retries, for the steps of a reconciliation. By default fabric8 retries a request that gets a 5xx ten times, which takes
 * about 20 s and would delay the other steps. The reconciliation itself repeats the failed step.
 */
public final class SingleAttemptClient {

    private SingleAttemptClient() {}

    /** Returns a client that shares the connections of the given client and does not retry. */
    public static KubernetesClient of(KubernetesClient client) {
        return client.newClient(
                        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                                .withRequestRetryBackoffLimit(0)
                                .build())
                .adapt(KubernetesClient.class);
    }
}
