package io.cmek.operator.admission;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The control plane of {@code dev/local} with the CRDs and the rendered chart, for the tests of one class. */
final class Installation implements AutoCloseable {

    private static final Path FOLDERS = Path.of("target", "admission");
    /** Without a cluster, helm takes 1.20 for granted. The same version as dev/control-plane/go.mod. */
    private static final String KUBERNETES = "1.36.3";

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final Process process;
    private final Path kubeconfig;
    private final String kubectl;
    private final KubernetesClient client;

    private Installation(Process process, Path kubeconfig, String kubectl) {
        this.process = process;
        this.kubeconfig = kubeconfig;
        this.kubectl = kubectl;
        this.client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
                .build();
    }

    /** What kubectl said. */
    record Said(int exitCode, String output, String errors) {

        boolean isDone() {
            return exitCode == 0;
        }
    }

    /** @param databases the value {@code admission.databasesWithoutSecondaryCmek} */
    static Installation start(String databases) throws Exception {
        Path folder = Files.createTempDirectory(Files.createDirectories(FOLDERS), "environment-");
        Process process = new ProcessBuilder("python3", "dev/local/environment.py", folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String ready = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (ready == null) {
            throw new IllegalStateException(
                    "dev/local/environment.py did not start; its own words are above, its logs in " + folder);
        }
        var facts = new ObjectMapper().readTree(ready);
        var installation = new Installation(
                process,
                Path.of(facts.required("KUBECONFIG").asText()),
                facts.required("KUBECTL").asText());
        try {
            installation.install(databases);
        } catch (RuntimeException e) {
            installation.close();
            throw e;
        }
        return installation;
    }

    private void install(String databases) {
        must("apply", "-f", "crds/");
        must("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
        Said applied = kubectl(render(databases), "apply", "-f", "-");
        if (!applied.isDone()) {
            throw new IllegalStateException(applied.errors());
        }
    }

    private static String render(String databases) {
        return new Helm(Path.of("helm", "cmek-operator"))
                .template()
                .withKubeVersion(KUBERNETES)
                .set("admission.databasesWithoutSecondaryCmek", databases)
                .call();
    }

    KubernetesClient client() {
        return client;
    }

    /** A namespace of its own for each test. */
    String namespace() {
        String name = "team-" + NAMESPACES.incrementAndGet();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        return name;
    }

    Said apply(String namespace, String manifest) {
        return kubectl(manifest, "apply", "-n", namespace, "-f", "-");
    }

    Said kubectl(@Nullable String input, String... arguments) {
        var command = new ArrayList<>(List.of(kubectl, "--kubeconfig", kubeconfig.toString()));
        command.addAll(List.of(arguments));
        try {
            Path errors = Files.createTempFile(FOLDERS, "kubectl-", ".txt");
            Process run =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            try (var stdin = run.outputWriter(StandardCharsets.UTF_8)) {
                stdin.write(input == null ? "" : input);
            }
            String output;
            try (InputStream stdout = run.getInputStream()) {
                output = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
            }
            int exitCode = run.waitFor();
            String said = Files.readString(errors);
            Files.delete(errors);
            return new Said(exitCode, output, said);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    void must(String... arguments) {
        Said said = kubectl(null, arguments);
        if (!said.isDone()) {
            throw new IllegalStateException(
                    String.join(" ", Stream.of(arguments).toList()) + ": " + said.errors());
        }
    }

    @Override
    public void close() throws Exception {
        client.close();
        process.getOutputStream().close();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
