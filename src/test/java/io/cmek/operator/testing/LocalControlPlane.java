package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/** kube-apiserver, etcd and kube-controller-manager of {@code dev/local}, as processes on free loopback ports. */
public final class LocalControlPlane implements Cluster {

    private final ChildProcess process;
    private final KubernetesClient client;
    private final Path kubeconfig;
    private final Kubectl kubectl;
    private final AuditLog audit;

    private LocalControlPlane(ChildProcess process, JsonNode facts) {
        this.process = process;
        this.kubeconfig = Path.of(facts.required("KUBECONFIG").asText());
        this.kubectl = new Kubectl(facts.required("KUBECTL").asText(), kubeconfig);
        this.audit = new AuditLog(Path.of(facts.required("AUDIT_LOG").asText()));
        this.client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
                .build();
    }

    static LocalControlPlane of(String kubernetes) {
        ChildProcess process =
                ChildProcess.start("dev/local/environment.py", "--audit", "--without-aws", "--kubernetes", kubernetes);
        try {
            return new LocalControlPlane(process, new ObjectMapper().readTree(process.ready()));
        } catch (IOException e) {
            process.close();
            throw new UncheckedIOException(e);
        }
    }

    /** Ends one of the programs: {@code etcd}, {@code kube-apiserver}, {@code kube-controller-manager}. */
    public void stop(String program) {
        process.tell("stop " + program);
    }

    /** Starts it again, with what it had; returns when it is ready. */
    public void start(String program) {
        process.tell("start " + program);
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
        return kubectl;
    }

    @Override
    public Optional<AuditLog> audit() {
        return Optional.of(audit);
    }

    @Override
    public void close() {
        client.close();
        process.close();
    }
}
