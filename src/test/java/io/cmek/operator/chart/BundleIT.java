package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.Kubectl;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is sent to those who help, of a cluster with the chart; there is no kubelet, so it has no pods. */
class BundleIT {

    private static final String HUSH = "hush-hush";

    @TempDir
    Path folder;

    @Test
    void hasWhatHelpsAndNothingThatIsSecret() throws Exception {
        Map<String, String> values = Map.of(
                "cmek.tenants.default.namespaces[0]", "*",
                "cmek.tenants.default.principals.data[0]", "arn:aws:iam::111122223333:role/data-plane",
                "cmek.tenants.default.roleArn", "arn:aws:iam::111122223333:role/cmek-operator",
                "cmek.tenants.default.externalId", HUSH,
                "env[0].name", "AWS_SECRET_ACCESS_KEY",
                "env[0].value", HUSH);
        try (Installation installation = Installation.start(values)) {
            String namespace = installation.namespace();
            installation.apply(namespace, """
                    apiVersion: cmek.io/v1alpha1
                    kind: Workgroup
                    metadata: {name: orders}
                    spec: {region: us-east-1}
                    """).orThrow();
            installation
                    .client()
                    .resource(new SecretBuilder()
                            .withNewMetadata()
                            .withName("secret")
                            .withNamespace(Installation.NAMESPACE)
                            .endMetadata()
                            .addToStringData("password", HUSH)
                            .build())
                    .create();
            installation
                    .client()
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withName("orders-key-policy")
                            .withNamespace(namespace)
                            .endMetadata()
                            .addToData("orders.json", HUSH)
                            .build())
                    .create();

            Path bundle = bundle(installation, "no");
            assertThat(read(bundle, "workgroups.yaml")).contains("name: orders", "region: us-east-1");
            assertThat(read(bundle, "settings.properties"))
                    .contains("cmek.tenants.default.role-arn=arn:aws:iam::111122223333:role/cmek-operator");
            assertThat(read(bundle, "operator.txt")).contains("deployment.apps/cmek-operator");
            assertThat(read(bundle, "admission.txt")).contains("cmek-replica-fits-workgroup");
            assertThat(files(bundle)).doesNotContain("missing.txt");
            for (String file : files(bundle)) {
                assertThat(read(bundle, file)).as(file).doesNotContain(HUSH);
            }
            assertThat(read(bundle(installation, "yes"), "settings.properties"))
                    .contains("arn:aws:iam::000000000000:role/cmek-operator");
        }
    }

    private Path bundle(Installation installation, String anonymous) throws IOException, InterruptedException {
        Kubectl kubectl = installation.kubectl();
        Path archive = folder.resolve("bundle-" + anonymous + ".tar.gz");
        var script = new ProcessBuilder("dev/bundle", archive.toString()).redirectErrorStream(true);
        script.environment()
                .putAll(Map.of(
                        "KUBECTL",
                        kubectl.program(),
                        "KUBECONFIG",
                        kubectl.kubeconfig().toString(),
                        "NAMESPACE",
                        Installation.NAMESPACE,
                        "ANONYMOUS",
                        anonymous));
        Process process = script.start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
        Path bundle = Files.createDirectory(folder.resolve(anonymous));
        assertThat(new ProcessBuilder("tar", "-xzf", archive.toString(), "-C", bundle.toString())
                        .start()
                        .waitFor())
                .isZero();
        return bundle;
    }

    private static List<String> files(Path bundle) {
        return new ArrayList<>(Arrays.asList(bundle.toFile().list()));
    }

    private static String read(Path bundle, String file) throws IOException {
        return Files.readString(bundle.resolve(file));
    }
}
