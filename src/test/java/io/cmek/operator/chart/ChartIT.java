package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.testing.Chart;
import io.cmek.operator.testing.Cluster;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.Kubectl;
import io.cmek.operator.testing.OperatorProcess;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The chart in a cluster: what a real API server says to it, and installing, upgrading and uninstalling it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ChartIT {

    private static final String WORKGROUP = """
            apiVersion: cmek.io/v1alpha1
            kind: Workgroup
            metadata: {name: reports, namespace: default}
            spec: {region: us-east-1}
            """;

    private static Installation installation;

    @BeforeAll
    static void start() {
        installation = Installation.start(Map.of());
    }

    @AfterAll
    static void stop() {
        installation.close();
    }

    private static Kubectl kubectl() {
        return installation.kubectl();
    }

    @Test
    @Order(1)
    void thePodMeetsTheRestrictedStandard() throws IOException {
        kubectl().must("create", "namespace", "restricted");
        kubectl().must("label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted");
        kubectl().must("create", "serviceaccount", "cmek-operator", "-n", "restricted");
        JsonNode deployment = Chart.objects("").stream()
                .filter(o -> o.get("kind").asText().equals("Deployment"))
                .findFirst()
                .orElseThrow();
        ObjectNode pod = (ObjectNode) Serialization.unmarshal(
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"operator\"}}", JsonNode.class);
        pod.set("spec", deployment.at("/spec/template/spec"));

        assertThat(dryRun(pod).errors()).isEmpty();

        ((ObjectNode) pod.at("/spec/containers/0")).remove("securityContext");
        assertThat(dryRun(pod).errors()).contains("violates PodSecurity \"restricted:latest\"");
    }

    private static Kubectl.CommandResult dryRun(JsonNode pod) {
        return kubectl().run(pod.toString(), "create", "-n", "restricted", "--dry-run=server", "-f", "-");
    }

    /** Without AWS: that no call is made is not what is tried here. */
    @Test
    @Order(2)
    void theOperatorRunsWithTheAccountAndTheSettingsThatTheChartInstalled() throws IOException {
        installation.upgrade(Chart.RELEASE, """
                cmek:
                  clusterRegion: us-east-1
                  tenants:
                    orders: {namespaces: [orders], principals: {data: ["arn:aws:iam::111122223333:role/data-plane"]}}
                """);
        Path settings = Files.writeString(
                Files.createTempFile("application-", ".properties"),
                kubectl()
                        .must(
                                "get",
                                "configmap",
                                "cmek-operator",
                                "-n",
                                Installation.NAMESPACE,
                                "-o",
                                "jsonpath={.data.application\\.properties}"));
        var environment = new HashMap<String, String>();
        environment.put("QUARKUS_CONFIG_LOCATIONS", settings.toString());
        environment.put(
                "KUBECONFIG", installation.operatorKubeconfig().toAbsolutePath().toString());
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", "0");
        kubectl().run(WORKGROUP, "apply", "-f", "-").orThrow();

        try (OperatorProcess operator = OperatorProcess.launch(environment).awaitReady()) {
            kubectl()
                    .must(
                            "wait",
                            "workgroup/reports",
                            "-n",
                            "default",
                            "--for=jsonpath={.status.conditions[?(@.type==\"Accepted\")].reason}=NamespaceNotPermitted",
                            "--timeout=40s");

            assertThat(operator.log()).contains("Installation 'default' serves the tenants [orders]");
            assertThat(operator.get("/q/health/started").statusCode()).isEqualTo(200);
        } finally {
            Files.delete(settings);
        }
    }

    @Test
    @Order(3)
    void anUpgradeBringsTheCrdsUpToDate() {
        kubectl()
                .must(
                        "patch",
                        "crd",
                        "workgroups.cmek.io",
                        "--type=json",
                        "-p",
                        "[{\"op\": \"replace\", \"path\": \"/spec/names/shortNames\", \"value\": [\"old\"]}]");

        installation.upgrade(Chart.RELEASE, "admission: {databasesWithoutSecondaryCmek: Deny}");

        assertThat(kubectl().must("get", "crd", "workgroups.cmek.io", "-o", "jsonpath={.spec.names.shortNames}"))
                .isEqualTo("[\"wg\"]");
        assertThat(kubectl()
                        .must(
                                "get",
                                "validatingadmissionpolicybinding",
                                "cmek-secondary-before-databases",
                                "-o",
                                "jsonpath={.spec.validationActions}"))
                .isEqualTo("[\"Deny\"]");
        assertThat(kubectl().must("get", "workgroup", "reports", "-n", "default", "-o", "name"))
                .contains("reports");
    }

    @Test
    @Order(4)
    void aSecondInstallationBringsOnlyWhatIsItsOwn() {
        assertThatThrownBy(() -> installation.install("cmek-operator-b", "cmek: {installationId: b}"))
                .hasMessageContaining("exists and cannot be imported");

        installation.install("second-cmek-operator", """
                cmek: {installationId: c, selector: cmek.io/shard=c}
                crds: {install: false}
                roles: {install: false}
                admission: {install: false}
                """);

        assertThat(kubectl().must("get", "role", "-n", Installation.NAMESPACE, "-o", "name"))
                .contains("cmek-operator-leader-election", "second-cmek-operator-leader-election");
        installation.uninstall("second-cmek-operator");
        assertThat(kubectl().must("get", "clusterrole", "cmek-owner", "-o", "name"))
                .contains("cmek-owner");
    }

    @Test
    @Order(5)
    void uninstallingKeepsTheCrdsAndTheResourcesAndInstallingAgainTakesThemOver() {
        installation.uninstall(Chart.RELEASE);

        assertThat(kubectl().must("get", "workgroup", "reports", "-n", "default", "-o", "name"))
                .contains("reports");
        assertThat(kubectl()
                        .run(null, "get", "clusterrole", "cmek-operator-controller")
                        .errors())
                .contains("NotFound");

        installation.install(Chart.RELEASE, "");

        assertThat(kubectl().must("get", "workgroup", "reports", "-n", "default", "-o", "name"))
                .contains("reports");
    }

    @Test
    @Order(6)
    void thePlainManifestsAreAppliedTwiceAndRemovedByKind() {
        try (Cluster plain = Cluster.start()) {
            Kubectl.CommandResult first = plain.kubectl().run(null, "apply", "-f", ChartFiles.MANIFESTS.toString());
            assertThat(first.exitCode()).as(first.errors()).isZero();
            assertThat(first.errors()).isEmpty();
            assertThat(plain.kubectl().must("apply", "-f", ChartFiles.MANIFESTS.toString()))
                    .doesNotContain("created");
            plain.kubectl().run(WORKGROUP, "apply", "-f", "-").orThrow();

            // As docs/uninstall.md says.
            plain.kubectl().must("delete", "namespace", Installation.NAMESPACE, "--wait=false");
            plain.kubectl()
                    .must(
                            "delete",
                            "clusterrole,clusterrolebinding,validatingadmissionpolicy,validatingadmissionpolicybinding",
                            "-l",
                            "app.kubernetes.io/name=cmek-operator");

            assertThat(plain.kubectl().must("get", "workgroup", "reports", "-n", "default", "-o", "name"))
                    .contains("reports");
            assertThat(plain.kubectl().must("get", "clusterrole", "-o", "name")).doesNotContain("cmek");
        }
    }
}
