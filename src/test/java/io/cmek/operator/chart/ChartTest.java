package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import io.cmek.operator.testing.Chart;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the chart renders, and what it refuses. */
class ChartTest {

    @Test
    void helmLintHasNothingToWarnOf() {
        var lint = new Helm(Chart.FOLDER).lint().strict().quiet().call();

        assertThat(lint.isFailed()).as(lint.getMessages().toString()).isFalse();
    }

    @Test
    void theVersionsAreThoseOfThePom() throws IOException {
        Matcher pom = Pattern.compile("<artifactId>cmek-operator</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(pom.find()).isTrue();
        JsonNode chart = Serialization.unmarshal(Files.readString(Chart.FOLDER.resolve("Chart.yaml")), JsonNode.class);

        assertThat(chart.get("appVersion").asText()).isEqualTo(pom.group(1));
        assertThat(chart.get("version").asText()).isEqualTo(pom.group(1).replace("-SNAPSHOT", ""));
    }

    @Test
    void byDefaultItInstallsThis() {
        assertThat(names(Chart.objects("")))
                .containsExactlyInAnyOrder(
                        "CustomResourceDefinition workgroups.cmek.io",
                        "CustomResourceDefinition replicacmeks.cmek.io",
                        "ClusterRole cmek-owner",
                        "ClusterRole cmek-operator",
                        "ClusterRole cmek-editor",
                        "ClusterRole cmek-viewer",
                        "ValidatingAdmissionPolicy cmek-replica-fits-workgroup",
                        "ValidatingAdmissionPolicyBinding cmek-replica-fits-workgroup",
                        "ValidatingAdmissionPolicy cmek-secondary-before-databases",
                        "ValidatingAdmissionPolicyBinding cmek-secondary-before-databases",
                        "ClusterRole cmek-operator-controller",
                        "ClusterRoleBinding cmek-operator-controller",
                        "Role cmek-operator-leader-election",
                        "RoleBinding cmek-operator-leader-election",
                        "ServiceAccount cmek-operator",
                        "ConfigMap cmek-operator",
                        "Deployment cmek-operator",
                        "PodDisruptionBudget cmek-operator");
    }

    /** The folder /crds is what the API types say; the chart adds that helm keeps them, and its labels. */
    @Test
    void theCrdsAreThoseOfTheRepository() throws IOException {
        for (String name : List.of("workgroups.cmek.io", "replicacmeks.cmek.io")) {
            CustomResourceDefinition rendered = Serialization.unmarshal(
                    find(Chart.objects(""), "CustomResourceDefinition", name).toString(),
                    CustomResourceDefinition.class);
            assertThat(rendered.getMetadata().getAnnotations()).containsEntry("helm.sh/resource-policy", "keep");
            rendered.getMetadata().setAnnotations(Map.of());
            rendered.getMetadata().setLabels(Map.of());

            assertThat(rendered)
                    .isEqualTo(Serialization.unmarshal(
                            Files.readString(Path.of("crds", name + "-v1.yml")), CustomResourceDefinition.class));
        }
    }

    /** Pod Security Standards, "Restricted"; a real API server judges the same in ChartIT. */
    @Test
    void theContainerMayDoNothingThatItNeedNot() {
        JsonNode pod = deployment("").at("/spec/template/spec");
        JsonNode container = pod.at("/containers/0/securityContext");

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(container.get("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(container.get("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(container.at("/capabilities/drop")).hasToString("[\"ALL\"]");
        assertThat(pod.get("volumes")).hasSize(2);
    }

    @Test
    void noRoleHasAWildcardOrASecret() {
        List<JsonNode> roles = Chart.objects("").stream()
                .filter(o -> o.get("kind").asText().endsWith("Role"))
                .toList();

        assertThat(roles).hasSizeGreaterThanOrEqualTo(6);
        for (JsonNode role : roles) {
            assertThat(role.get("rules").toString()).doesNotContain("*").doesNotContain("secrets");
        }
    }

    @Test
    void theSelectorOfTheDeploymentDoesNotChangeWithVersionsOrValues() {
        assertThat(deployment("podLabels: {team: platform}\ncmek: {installationId: east}")
                        .at("/spec/selector/matchLabels"))
                .hasToString(
                        "{\"app.kubernetes.io/name\":\"cmek-operator\",\"app.kubernetes.io/instance\":\"cmek-operator\"}");
    }

    @Test
    void aSettingRollsThePodsAndOnlyThat() {
        String checksum = checksum("");

        assertThat(checksum("replicaCount: 3")).isEqualTo(checksum);
        assertThat(checksum("cmek: {resyncInterval: 30s}")).isNotEqualTo(checksum);
    }

    /**
     * Values beside the default ones.
     *
     * @param object what is to be there, as kind and name
     * @param pointer where in it
     * @param content as JSON; empty where the object is not to be there at all
     */
    record Choice(String values, String object, String pointer, String content) {

        @Override
        public String toString() {
            return values.replace('\n', ' ');
        }
    }

    static Stream<Choice> choices() {
        String deployment = "Deployment cmek-operator";
        String pod = "/spec/template/spec";
        String container = pod + "/containers/0";
        return Stream.of(
                new Choice("replicaCount: 3", deployment, "/spec/replicas", "3"),
                new Choice("replicaCount: 1", "PodDisruptionBudget cmek-operator", "", ""),
                new Choice("podDisruptionBudget: {enabled: false}", "PodDisruptionBudget cmek-operator", "", ""),
                new Choice(
                        "image: {repository: registry.example.com/cmek, tag: '1'}",
                        deployment,
                        container + "/image",
                        "\"registry.example.com/cmek:1\""),
                new Choice(
                        "image: {tag: '1', digest: 'sha256:" + "a".repeat(64) + "'}",
                        deployment,
                        container + "/image",
                        "\"cmek-operator@sha256:" + "a".repeat(64) + "\""),
                new Choice("image: {pullPolicy: Always}", deployment, container + "/imagePullPolicy", "\"Always\""),
                new Choice(
                        "imagePullSecrets: [{name: registry}]",
                        deployment,
                        pod + "/imagePullSecrets/0/name",
                        "\"registry\""),
                new Choice("fullnameOverride: cmek", "Deployment cmek", "/spec/replicas", "2"),
                new Choice("crds: {install: false}", "CustomResourceDefinition workgroups.cmek.io", "", ""),
                new Choice("roles: {install: false}", "ClusterRole cmek-owner", "", ""),
                new Choice(
                        "admission: {install: false}", "ValidatingAdmissionPolicy cmek-replica-fits-workgroup", "", ""),
                new Choice(
                        "admission: {databasesWithoutSecondaryCmek: Deny}",
                        "ValidatingAdmissionPolicyBinding cmek-secondary-before-databases",
                        "/spec/validationActions",
                        "[\"Deny\"]"),
                new Choice(
                        "serviceAccount: {annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/cmek-operator'}}",
                        "ServiceAccount cmek-operator",
                        "/metadata/annotations/eks.amazonaws.com~1role-arn",
                        "\"arn:aws:iam::111122223333:role/cmek-operator\""),
                new Choice("serviceAccount: {name: keys}", deployment, pod + "/serviceAccountName", "\"keys\""),
                new Choice(
                        "serviceAccount: {name: keys}",
                        "ClusterRoleBinding cmek-operator-controller",
                        "/subjects/0/name",
                        "\"keys\""),
                new Choice("serviceAccount: {create: false, name: keys}", "ServiceAccount keys", "", ""),
                new Choice(
                        "env: [{name: HTTPS_PROXY, value: 'http://proxy:3128'}]",
                        deployment,
                        container + "/env/1/value",
                        "\"http://proxy:3128\""),
                new Choice(
                        "resources: {limits: {memory: 1Gi}}",
                        deployment,
                        container + "/resources/limits/memory",
                        "\"1Gi\""),
                new Choice(
                        "priorityClassName: system-cluster-critical",
                        deployment,
                        pod + "/priorityClassName",
                        "\"system-cluster-critical\""),
                new Choice(
                        "podLabels: {team: platform}",
                        deployment,
                        "/spec/template/metadata/labels/team",
                        "\"platform\""),
                new Choice(
                        "podAnnotations: {note: kept}",
                        deployment,
                        "/spec/template/metadata/annotations/note",
                        "\"kept\""),
                new Choice(
                        "nodeSelector: {kubernetes.io/arch: arm64}",
                        deployment,
                        pod + "/nodeSelector/kubernetes.io~1arch",
                        "\"arm64\""),
                new Choice(
                        "tolerations: [{operator: Exists}]", deployment, pod + "/tolerations/0/operator", "\"Exists\""),
                new Choice(
                        "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}",
                        deployment,
                        pod + "/affinity/nodeAffinity",
                        "{\"preferredDuringSchedulingIgnoredDuringExecution\":[]}"),
                new Choice("""
                        topologySpreadConstraints:
                        - {topologyKey: rack, maxSkew: 2, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}}
                        """, deployment, pod + "/topologySpreadConstraints/0/topologyKey", "\"rack\""),
                new Choice(
                        "terminationGracePeriodSeconds: 60", deployment, pod + "/terminationGracePeriodSeconds", "60"),
                new Choice(
                        "serviceMonitor: {enabled: true, labels: {release: prometheus}, interval: 15s}",
                        "ServiceMonitor cmek-operator",
                        "/spec/endpoints/0",
                        "{\"port\":\"http\",\"path\":\"/q/metrics\",\"interval\":\"15s\"}"),
                new Choice(
                        "serviceMonitor: {enabled: true, labels: {release: prometheus}}",
                        "ServiceMonitor cmek-operator",
                        "/metadata/labels/release",
                        "\"prometheus\""),
                new Choice(
                        "serviceMonitor: {enabled: true}",
                        "Service cmek-operator-metrics",
                        "/spec/ports/0/targetPort",
                        "\"http\""),
                new Choice(
                        "prometheusRule: {enabled: true, labels: {release: prometheus}}",
                        "PrometheusRule cmek-operator",
                        "/spec/groups/0/rules/0/alert",
                        "\"CmekKeyUnusable\""),
                new Choice(
                        "dashboard: {enabled: true, namespace: monitoring}",
                        "ConfigMap cmek-operator-dashboard",
                        "/metadata/namespace",
                        "\"monitoring\""),
                new Choice(
                        "dashboard: {enabled: true, labels: {dashboards: grafana}}",
                        "ConfigMap cmek-operator-dashboard",
                        "/metadata/labels/dashboards",
                        "\"grafana\""),
                new Choice(
                        "networkPolicy: {enabled: true}",
                        "NetworkPolicy cmek-operator",
                        "/spec/policyTypes",
                        "[\"Ingress\",\"Egress\"]"),
                new Choice(
                        """
                        networkPolicy:
                          enabled: true
                          metricsFrom: [{namespaceSelector: {matchLabels: {team: monitoring}}}]
                        """,
                        "NetworkPolicy cmek-operator",
                        "/spec/ingress/0/from/0/namespaceSelector/matchLabels/team",
                        "\"monitoring\""),
                new Choice(
                        "networkPolicy: {enabled: true, extraEgress: [{ports: [{port: 3128}]}]}",
                        "NetworkPolicy cmek-operator",
                        "/spec/egress/3/ports/0/port",
                        "3128"),
                new Choice(
                        "replicaCount: 1\ncmek: {leaderElection: {enabled: false}}",
                        "Role cmek-operator-leader-election",
                        "",
                        ""),
                new Choice(
                        "cmek: {installationId: EastA}",
                        "Role cmek-operator-leader-election",
                        "/rules/0/resourceNames/0",
                        "\"cmek-operator-easta\""),
                new Choice(
                        "logging: {format: json, level: DEBUG}",
                        "ConfigMap cmek-operator",
                        "/metadata/name",
                        "\"cmek-operator\""));
    }

    @ParameterizedTest
    @MethodSource("choices")
    void everyChoiceHasItsEffect(Choice choice) {
        List<JsonNode> objects = Chart.objects(choice.values());
        if (choice.content().isEmpty()) {
            assertThat(names(objects)).doesNotContain(choice.object());
        } else {
            String[] kindAndName = choice.object().split(" ");
            assertThat(find(objects, kindAndName[0], kindAndName[1]).at(choice.pointer()))
                    .hasToString(choice.content());
        }
    }

    /** A value without a choice above would not be tried at all. */
    @Test
    void everyValueIsTried() throws IOException {
        String text = Files.readString(Chart.FOLDER.resolve("values.yaml"));
        JsonNode defaults = Serialization.unmarshal(text, JsonNode.class);
        Set<String> tried = new HashSet<>();
        choices()
                .map(c -> Serialization.unmarshal(c.values(), JsonNode.class))
                .forEach(values -> tried.addAll(ChartReadme.values(values, "", ChartReadme.comments(text))));

        assertThat(ChartReadme.values(defaults, "", ChartReadme.comments(text)))
                // SettingsInChartTest tries those.
                .filteredOn(path -> !path.startsWith("cmek."))
                .allSatisfy(path -> assertThat(tried).contains(path));
    }

    @Test
    void everyValueIsExplained() throws IOException {
        String text = Files.readString(Chart.FOLDER.resolve("values.yaml"));
        Map<String, String> comments = ChartReadme.comments(text);

        assertThat(ChartReadme.values(Serialization.unmarshal(text, JsonNode.class), "", comments))
                .allSatisfy(path ->
                        assertThat(comments.get(path)).as(path).isNotBlank().endsWith("."));
    }

    /** The schema knows what values.yaml has, and nothing else. */
    @Test
    void theSchemaHasEveryValue() throws IOException {
        String text = Files.readString(Chart.FOLDER.resolve("values.yaml"));
        JsonNode schema =
                Serialization.unmarshal(Files.readString(Chart.FOLDER.resolve("values.schema.json")), JsonNode.class);
        List<String> inSchema = new ArrayList<>(leaves(schema, ""));
        inSchema.removeIf(path -> path.startsWith("global") || path.startsWith("resources."));
        inSchema.add("resources");

        assertThat(inSchema)
                .containsExactlyInAnyOrderElementsOf(ChartReadme.values(
                        Serialization.unmarshal(text, JsonNode.class), "", ChartReadme.comments(text)));
    }

    private static List<String> leaves(JsonNode schema, String prefix) {
        List<String> leaves = new ArrayList<>();
        schema.path("properties").fields().forEachRemaining(property -> {
            String path = prefix + property.getKey();
            if (property.getValue().has("properties")) {
                leaves.addAll(leaves(property.getValue(), path + "."));
            } else {
                leaves.add(path);
            }
        });
        return leaves;
    }

    /** Values, the place that helm tells, and what is wrong there. */
    record Mistake(String values, String place, String reason) {

        @Override
        public String toString() {
            return values;
        }
    }

    static Stream<Mistake> mistakes() {
        return Stream.of(
                new Mistake("cmek: {installationId: my-id}", "/cmek/installationId", "'my-id' does not match"),
                new Mistake("cmek: {installationId: 7}", "/cmek/installationId", "got number, want string"),
                new Mistake("cmek: {clusterRegion: us-east-1a}", "/cmek/clusterRegion", "'us-east-1a' does not match"),
                new Mistake("cmek: {resyncInterval: soon}", "/cmek/resyncInterval", "'soon' does not match"),
                new Mistake(
                        "cmek: {resyncIntervall: 5s}", "/cmek", "additional properties 'resyncIntervall' not allowed"),
                new Mistake("cmek: {selector: \"a\\nb=c\"}", "/cmek/selector", "does not match"),
                new Mistake(
                        "cmek: {tenants: {a: {namespaces: [x]}}}", "/cmek/tenants/a", "missing property 'principals'"),
                new Mistake(
                        "cmek: {tenants: {a: {principals: {data: [x]}}}}",
                        "/cmek/tenants/a",
                        "missing property 'namespaces'"),
                new Mistake(
                        "cmek: {tenants: {a: {namespaces: x, principals: {data: []}}}}",
                        "/cmek/tenants/a/namespaces",
                        "got string, want array"),
                new Mistake(
                        "cmek: {tenants: {a: {namespaces: [], principals: {}}}}",
                        "/cmek/tenants/a/namespaces",
                        "minItems"),
                new Mistake(
                        "cmek: {tenants: {a: {namespaces: [x], principals: {data: ['*']}}}}",
                        "/cmek/tenants/a/principals/data/0",
                        "'*' does not match"),
                new Mistake(
                        "cmek: {tenants: {a: {namespaces: [x], roleArn: admin, principals: {data: []}}}}",
                        "/cmek/tenants/a/roleArn",
                        "'admin' does not match"),
                new Mistake(
                        "cmek: {tenants: {a: {namespaces: ['x,y'], principals: {}}}}",
                        "/cmek/tenants/a/namespaces/0",
                        "'x,y' does not match"),
                new Mistake("cmek: {tenants: {a.b: {}}}", "/cmek/tenants", "'a.b'"),
                new Mistake("replicaCount: two", "/replicaCount", "got string, want integer"),
                new Mistake("replicas: 2", "at ''", "additional properties 'replicas' not allowed"),
                new Mistake(
                        "admission: {databasesWithoutSecondaryCmek: Ignore}",
                        "/admission/databasesWithoutSecondaryCmek",
                        "'Warn', 'Deny'"),
                new Mistake("image: {digest: latest}", "/image/digest", "'latest' does not match"),
                new Mistake("image: {repository: ''}", "/image/repository", "minLength"),
                new Mistake("logging: {level: LOUD}", "/logging/level", "'ERROR', 'WARN', 'INFO', 'DEBUG'"),
                new Mistake(
                        "serviceAccount: {annotations: {a: 1}}",
                        "/serviceAccount/annotations/a",
                        "got number, want string"),
                new Mistake(
                        "cmek: {leaderElection: {enabled: false}}",
                        "replicaCount is more than 1",
                        "Enable the leader election"),
                new Mistake(
                        "serviceAccount: {create: false}",
                        "serviceAccount.create is false",
                        "set serviceAccount.name"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void badValuesAreRefusedWithThePlaceAndTheReason(Mistake mistake) {
        assertThatThrownBy(() -> Chart.render(mistake.values()))
                .hasMessageContaining(mistake.place())
                .hasMessageContaining(mistake.reason());
    }

    @Test
    void thePlainManifestsAreTheChartsAndBringTheNamespace() throws IOException {
        List<JsonNode> plain = Chart.parse(Files.readString(ChartFiles.MANIFESTS));
        List<String> expected = new ArrayList<>(names(Chart.objects("")));
        expected.add("Namespace " + Chart.NAMESPACE);

        assertThat(names(plain)).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(Files.readString(ChartFiles.MANIFESTS)).doesNotContain("managed-by: Helm");
    }

    private static String checksum(String values) {
        return deployment(values)
                .at("/spec/template/metadata/annotations/checksum~1config")
                .asText();
    }

    private static JsonNode deployment(String values) {
        return find(Chart.objects(values), "Deployment", "cmek-operator");
    }

    private static JsonNode find(List<JsonNode> objects, String kind, String name) {
        return objects.stream()
                .filter(o -> name(o).equals(kind + " " + name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind + " " + name + " among " + names(objects)));
    }

    private static List<String> names(List<JsonNode> objects) {
        return objects.stream().map(ChartTest::name).toList();
    }

    private static String name(JsonNode object) {
        return object.get("kind").asText() + " " + object.at("/metadata/name").asText();
    }
}
