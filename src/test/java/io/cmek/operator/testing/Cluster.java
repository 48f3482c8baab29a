package io.cmek.operator.testing;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.Optional;

/** A real Kubernetes API server for the tests of one class, with an administrator's access to it. */
public interface Cluster extends AutoCloseable {

    /** Which provider: {@code local} (processes, built once from source; the default) or {@code k3s} (Testcontainers). */
    String PROVIDER = "cmek.it.cluster";

    /** Which version of Kubernetes: {@code newest} (the default) or {@code oldest}, of those that the operator supports. */
    String KUBERNETES = "cmek.it.kubernetes";

    private static String kubernetes() {
        return System.getProperty(KUBERNETES, "newest");
    }

    static boolean isNewest() {
        return kubernetes().equals("newest");
    }

    static Cluster start() {
        String provider = System.getProperty(PROVIDER, "local");
        return switch (provider) {
            case "local" -> LocalControlPlane.of(kubernetes());
            case "k3s" -> K3sCluster.of(kubernetes());
            default ->
                throw new IllegalArgumentException("-D" + PROVIDER + " is '" + provider + "'; expected local or k3s");
        };
    }

    KubernetesClient client();

    Path kubeconfig();

    Kubectl kubectl();

    /** What the API server was asked, where the provider can tell. */
    Optional<AuditLog> audit();

    @Override
    void close();
}
