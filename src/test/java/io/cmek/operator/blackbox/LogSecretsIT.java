package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.DATA_PLANE;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.Bundle;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.Kubectl;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.iam.model.AccessKey;

/** Everything logs as much as it can; the log and the bundle hold no secret that the test knows. */
class LogSecretsIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension()
            .with("CMEK_TENANTS_DEFAULT_PROBE_ROLE_ARN", DATA_PLANE)
            .withoutOperator();

    /** What writes requests and answers below INFO, or could. */
    private static final List<String> CATEGORIES = List.of(
            "org.apache.hc.client5.http.wire",
            "org.apache.hc.client5.http.headers",
            "org.apache.hc",
            "org.apache.http",
            "software.amazon.awssdk",
            "software.amazon.awssdk.request",
            "software.amazon.awssdk.auth",
            "io.fabric8.kubernetes.client",
            "io.vertx",
            "io.netty",
            "jdk.httpclient",
            "okhttp3",
            "io.javaoperatorsdk",
            "io.quarkus",
            "io.cmek");

    @TempDir
    Path folder;

    @Test
    void neitherTheLogNorTheBundleHoldsASecretAtAnyLogLevel() throws IOException {
        AccessKey own = ENVIRONMENT.aws().user("talkative-pod", """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:GetCallerIdentity"], "Resource": "*"}]}""");
        Path kubeconfig = ENVIRONMENT.installation().operatorKubeconfig();
        String token = Serialization.unmarshal(Files.readString(kubeconfig), Config.class)
                .getUsers()
                .getFirst()
                .getUser()
                .getToken();
        // As whoever administers the chart may: by a file, by variables, by properties of the JVM.
        Path file = folder.resolve("application.properties");
        var lines = new ArrayList<>(List.of("quarkus.log.level=ALL", "quarkus.log.min-level=ALL"));
        var environment = new TreeMap<String, String>(Map.of(
                "KUBECONFIG", kubeconfig.toAbsolutePath().toString(),
                "AWS_ACCESS_KEY_ID", own.accessKeyId(),
                "AWS_SECRET_ACCESS_KEY", own.secretAccessKey(),
                "QUARKUS_CONFIG_LOCATIONS", file.toAbsolutePath().toString(),
                "QUARKUS_LOG_LEVEL", "TRACE",
                "QUARKUS_LOG_MIN_LEVEL", "TRACE",
                "QUARKUS_LOG_CONSOLE_LEVEL", "ALL"));
        var properties = new ArrayList<>(List.of("-Dquarkus.log.level=DEBUG", "-Dquarkus.log.min-level=DEBUG"));
        for (String category : CATEGORIES) {
            lines.add("quarkus.log.category.\"" + category + "\".level=ALL");
            lines.add("quarkus.log.category.\"" + category + "\".min-level=ALL");
            String variable = "QUARKUS_LOG_CATEGORY__"
                    + category.toUpperCase(java.util.Locale.ROOT).replace('.', '_');
            environment.put(variable + "__LEVEL", "TRACE");
            environment.put(variable + "__MIN_LEVEL", "TRACE");
            properties.add("-Dquarkus.log.category.\"" + category + "\".level=DEBUG");
            properties.add("-Dquarkus.log.category.\"" + category + "\".min-level=DEBUG");
        }
        Files.write(file, lines);

        for (boolean byProperties : new boolean[] {false, true}) {
            TestNamespace team = ENVIRONMENT.team();
            String key = ENVIRONMENT.aws().createKey(REGION);
            String log;
            try (OperatorProcess operator = ENVIRONMENT
                    .launch(environment, byProperties ? properties.toArray(String[]::new) : new String[0])
                    .awaitReady()) {
                team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
                team.awaitWorkgroup("orders", EncryptionState.ENABLED);
                ENVIRONMENT.proxy().awaitMore("kms:DescribeKey", 3, Duration.ofMinutes(1));
                log = operator.log();
            }
            assertThat(ENVIRONMENT.proxy().count("sts:AssumeRole")).isPositive();
            Map<String, String> bundle = Bundle.of(
                    kubectl(log),
                    Map.of(
                            "NAMESPACE",
                            Installation.NAMESPACE,
                            "KUBECONFIG",
                            ENVIRONMENT.installation().kubectl().kubeconfig().toString()),
                    Files.createDirectories(folder.resolve("bundle-" + byProperties)));
            assertThat(bundle.get("workgroups.yaml")).contains("name: orders");
            assertThat(bundle.get("operator.log")).contains("io.cmek");
            var secrets = new ArrayList<>(ENVIRONMENT.proxy().secrets());
            assertThat(secrets)
                    .as("secret keys and session tokens of two roles")
                    .hasSizeGreaterThanOrEqualTo(4);
            secrets.addAll(List.of(own.secretAccessKey(), token, token.substring(token.lastIndexOf('.') + 1)));
            for (String secret : secrets) {
                assertThat(log).as("the log").doesNotContain(secret);
                bundle.forEach((name, text) -> assertThat(text).as(name).doesNotContain(secret));
            }
            assertThat(log.toLowerCase(java.util.Locale.ROOT))
                    .doesNotContain("x-amz-security-token", "secretaccesskey", "authorization:", "bearer ");
            assertThat(log)
                    .as("the level is applied, and the operator logs at it")
                    .contains("promoting it to INFO")
                    .containsPattern("DEBUG .*io\\.cmek|DEBUG +\\[io\\.cmek");
            assertThat(lowLinesOfOthers(log)).isEmpty();
        }
    }

    /** Lines below INFO that are not the operator's own. */
    private static List<String> lowLinesOfOthers(String log) {
        Pattern low = Pattern.compile("^\\S+ \\S+ (DEBUG|TRACE|FINE|FINER|FINEST|ALL) +\\[(?!io\\.cmek|io\\.cme\\.).*");
        return log.lines().filter(line -> low.matcher(line).matches()).limit(5).toList();
    }

    /** The real one, and a pod with this log: there is no kubelet that would run one. */
    private Path kubectl(String log) throws IOException {
        Kubectl kubectl = ENVIRONMENT.installation().kubectl();
        Path text = Files.writeString(folder.resolve("operator.log"), log);
        Path script = Files.writeString(folder.resolve("kubectl"), """
                #!/usr/bin/env bash
                case "$*" in
                  *"get pods"*"-o name") echo pod/operator ;;
                  logs*--previous) exit 1 ;;
                  logs*) cat '%s' ;;
                  *) exec '%s' "$@" ;;
                esac
                """.formatted(text, kubectl.program()));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }
}
