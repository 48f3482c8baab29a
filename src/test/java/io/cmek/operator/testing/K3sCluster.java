package io.cmek.operator.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/** K3s through Testcontainers: for machines with a container engine. The tests are skipped, and say so, where none answers. */
public final class K3sCluster implements Cluster {

    /** The versions of dev/control-plane/go.mod and dev/control-plane/oldest/go.mod. */
    private static final Map<String, DockerImageName> IMAGES = Map.of(
            "newest", DockerImageName.parse("rancher/k3s:v1.36.3-k3s1"),
            "oldest", DockerImageName.parse("rancher/k3s:v1.31.0-k3s1"));

    private final K3sContainer container;
    private final KubernetesClient client;
    private final Path kubeconfig;

    private K3sCluster(K3sContainer container) throws IOException {
        this.container = container;
        this.kubeconfig = Files.createTempFile("k3s-", ".kubeconfig");
        Files.writeString(kubeconfig, container.getKubeConfigYaml());
        this.client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
                .build();
    }

    static K3sCluster of(String kubernetes) {
        Assumptions.assumeTrue(
                DockerClientFactory.instance().isDockerAvailable(),
                () -> "-D" + PROVIDER
                        + "=k3s needs a container engine, and none answers (DOCKER_HOST or /var/run/docker.sock)."
                        + " Without the property, the tests run on the local control plane.");
        var container = new K3sContainer(Objects.requireNonNull(IMAGES.get(kubernetes), kubernetes));
        try {
            container.start();
            return new K3sCluster(container);
        } catch (IOException e) {
            container.stop();
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public KubernetesClient client() {
        return client;
    }

    @Override
    public Path kubeconfig() {
        return kubeconfig;
    }

    @Override
    public Kubectl kubectl() {
        return new Kubectl("kubectl", kubeconfig);
    }

    @Override
    public Optional<AuditLog> audit() {
        return Optional.empty();
    }

    @Override
    public void close() {
        client.close();
        container.stop();
        try {
            Files.delete(kubeconfig);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
