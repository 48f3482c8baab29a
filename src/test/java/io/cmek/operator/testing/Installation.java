package io.cmek.operator.testing;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A cluster with the CRDs and the chart, and the account that the operator runs under there. */
public final class Installation implements AutoCloseable {

    public static final String NAMESPACE = "cmek-system";
    public static final String ACCOUNT = "cmek-operator";
    public static final String OPERATOR_USER = "system:serviceaccount:" + NAMESPACE + ":" + ACCOUNT;

    /** Without a cluster, helm takes 1.20 for granted. The same version as dev/control-plane/go.mod. */
    private static final String KUBERNETES = "1.36.3";

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final Cluster cluster;

    private Installation(Cluster cluster) {
        this.cluster = cluster;
    }

    /** @param values of the chart */
    public static Installation start(Map<String, String> values) {
        var installation = new Installation(Cluster.start());
        try {
            installation.install(values);
        } catch (RuntimeException e) {
            installation.close();
            throw e;
        }
        return installation;
    }

    private void install(Map<String, String> values) {
        Kubectl kubectl = cluster.kubectl();
        kubectl.must("apply", "-f", "crds/");
        kubectl.must("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
        kubectl.must("create", "namespace", NAMESPACE);
        kubectl.run(render(values), "apply", "-n", NAMESPACE, "-f", "-").orThrow();
        kubectl.must("create", "serviceaccount", ACCOUNT, "-n", NAMESPACE);
        kubectl.must(
                "create",
                "clusterrolebinding",
                "cmek-operator-controller",
                "--clusterrole=cmek-operator-controller",
                "--serviceaccount=" + NAMESPACE + ":" + ACCOUNT);
    }

    private static String render(Map<String, String> values) {
        var template = new Helm(Path.of("helm", "cmek-operator")).template().withKubeVersion(KUBERNETES);
        values.forEach(template::set);
        return template.call();
    }

    public Cluster cluster() {
        return cluster;
    }

    public KubernetesClient client() {
        return cluster.client();
    }

    public Kubectl kubectl() {
        return cluster.kubectl();
    }

    /** The API server takes a second or so to compile new admission policies, and to start watching their parameters. */
    public void awaitAdmission() {
        String namespace = namespace();
        apply(namespace, """
                apiVersion: cmek.io/v1alpha1
                kind: Workgroup
                metadata: {name: plain}
                spec: {region: us-east-1}
                """).orThrow();
        String refused = """
                apiVersion: cmek.io/v1alpha1
                kind: ReplicaCmek
                metadata: {name: refused}
                spec:
                  workgroupRef: {name: plain}
                  region: us-west-2
                  dataBucketKeyID: arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
                  buckets: {data: refused}
                """;
        Awaitility.await("the admission policies are enforced")
                .atMost(Duration.ofSeconds(30))
                .until(() -> !kubectl()
                        .run(refused, "create", "-n", namespace, "--dry-run=server", "-f", "-")
                        .isDone());
    }

    /** A namespace of its own for each test. */
    public String namespace() {
        String name = "team-" + NAMESPACES.incrementAndGet();
        client().resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        return name;
    }

    public Kubectl.Said apply(String namespace, String manifest) {
        return kubectl().run(manifest, "apply", "-n", namespace, "-f", "-");
    }

    /** Access to the cluster as the operator has it: its ServiceAccount's, and no administrator's. */
    public Path operatorKubeconfig() {
        String token = kubectl()
                .must("create", "token", ACCOUNT, "-n", NAMESPACE, "--duration=12h")
                .strip();
        try {
            var config = Serialization.unmarshal(
                    Files.readString(cluster.kubeconfig()), io.fabric8.kubernetes.api.model.Config.class);
            config.getUsers()
                    .getFirst()
                    .setUser(new io.fabric8.kubernetes.api.model.AuthInfoBuilder()
                            .withToken(token)
                            .build());
            Path file = Attendant.folder("operator").resolve("kubeconfig");
            return Files.writeString(file, Serialization.asYaml(config));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        cluster.close();
    }
}
