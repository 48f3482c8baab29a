package io.cmek.operator.testing;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A cluster with the chart installed by helm, and the account that the operator runs under there. */
public final class Installation implements AutoCloseable {

    public static final String NAMESPACE = Chart.NAMESPACE;
    public static final String ACCOUNT = Chart.RELEASE;
    public static final String OPERATOR_USER = "system:serviceaccount:" + NAMESPACE + ":" + ACCOUNT;

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
        var install = helmInstall(Chart.RELEASE);
        values.forEach(install::set);
        install.call();
        kubectl().must("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
    }

    private InstallCommand helmInstall(String release) {
        return new Helm(Chart.FOLDER)
                .install()
                .withName(release)
                .withNamespace(NAMESPACE)
                .createNamespace()
                .withKubeConfig(cluster.kubeconfig());
    }

    /**
     * A release of the chart beside those that are there.
     *
     * @param values YAML
     * @throws IllegalStateException with helm's words, where it refuses
     */
    public void install(String release, String values) {
        Path file = Chart.valuesFile(values);
        try {
            helmInstall(release).withValuesFile(file).call();
        } finally {
            Chart.delete(file);
        }
    }

    /** @param values YAML; what is not in it is as by default */
    public void upgrade(String release, String values) {
        Path file = Chart.valuesFile(values);
        try {
            new Helm(Chart.FOLDER)
                    .upgrade()
                    .withName(release)
                    .withNamespace(NAMESPACE)
                    .withKubeConfig(cluster.kubeconfig())
                    .withValuesFile(file)
                    .call();
        } finally {
            Chart.delete(file);
        }
    }

    public void uninstall(String release) {
        Helm.uninstall(release)
                .withNamespace(NAMESPACE)
                .withKubeConfig(cluster.kubeconfig())
                .call();
    }

    /**
     * The settings of an operator that works in this cluster, and with an AWS that lets everybody do everything; all else is as by default.
     *
     * @param aws endpoint
     */
    public Map<String, String> environment(URI aws) {
        var environment = new TreeMap<String, String>();
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", "0");
        environment.put("KUBECONFIG", operatorKubeconfig().toAbsolutePath().toString());
        environment.put("AWS_ENDPOINT_URL", aws.toString());
        environment.put("AWS_REGION", OperatorTestExtension.REGION);
        environment.put("AWS_ACCESS_KEY_ID", "any");
        environment.put("AWS_SECRET_ACCESS_KEY", "any");
        environment.put("CMEK_AWS_PATH_STYLE_ACCESS", "true");
        environment.put("CMEK_TENANTS_DEFAULT_NAMESPACES", "*");
        environment.put("CMEK_TENANTS_DEFAULT_ROLE_ARN", OperatorTestExtension.OPERATOR_ROLE);
        environment.put("CMEK_TENANTS_DEFAULT_PRINCIPALS_DATA", OperatorTestExtension.DATA_PLANE);
        return environment;
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

    public Kubectl.CommandResult apply(String namespace, String manifest) {
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
            // As in a pod, whose ServiceAccount says it.
            config.getContexts().getFirst().getContext().setNamespace(NAMESPACE);
            Path file = ChildProcess.folder("operator").resolve("kubeconfig");
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
