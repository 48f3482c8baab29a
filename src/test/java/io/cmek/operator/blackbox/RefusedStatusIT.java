package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.SoftAssertions.assertSoftly;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.ApiServerProxy;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** While the API server refuses statuses, nobody reads there what is so: a metric says that, and the log does in a line at a time. */
class RefusedStatusIT {

    private static final Duration REFUSED = Duration.ofSeconds(25);

    /** Of one resource in that time, where attempts are further and further apart. */
    private static final int LINES = 15;

    private static final Pattern SAMPLE = Pattern.compile("(?m)^(cmek_[a-z_]*status[a-z_]*(?:\\{[^}]*})?) ([0-9.E]+)$");

    @RegisterExtension
    static final OperatorTestExtension STAGE = new OperatorTestExtension().withoutOperator();

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 422})
    void aStatusThatIsRefusedIsCountedAndLoggedInALineAtATime(int code) {
        String key = STAGE.aws().createKey(REGION);
        TestNamespace team = STAGE.team();
        try (ApiServerProxy proxy = ApiServerProxy.before(STAGE.installation().operatorKubeconfig());
                OperatorProcess operator = STAGE.launch(
                        Map.of("KUBECONFIG", proxy.kubeconfig().toAbsolutePath().toString()))) {
            operator.awaitReady();
            team.apply(workgroup("orders", key, team.namespace() + "-orders").toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            Map<String, Double> before = samples(operator);
            long logged = operator.log().lines().count();

            proxy.fault(request -> request.method().equals("PATCH")
                            && request.path().endsWith(team.namespace() + "/workgroups/orders/status")
                    ? OptionalInt.of(code)
                    : OptionalInt.empty());
            STAGE.aws().disableKey(key);
            await("statuses are refused for a while")
                    .during(REFUSED)
                    .atMost(REFUSED.plusSeconds(5))
                    .until(() -> team.json("wg", "orders")
                            .at("/status/encryption")
                            .asText()
                            .equals("ENABLED"));
            Map<String, Double> during = samples(operator);
            List<String> lines = operator.log().lines().skip(logged).toList();
            proxy.heal();

            await("it is told after all")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> team.json("wg", "orders")
                            .at("/status/encryption")
                            .asText()
                            .equals("DEGRADED"));
            STAGE.aws().enableKey(key);
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);

            during.keySet().removeIf(sample -> during.get(sample) <= before.getOrDefault(sample, 0.0));
            assertSoftly(softly -> {
                softly.assertThat(during).as("metrics that say it").isNotEmpty();
                softly.assertThat(lines.size())
                        .as("lines that are logged meanwhile")
                        .isBetween(1, LINES);
                softly.assertThat(lines.stream().filter(line -> line.startsWith("\tat ")))
                        .as("stack traces")
                        .isEmpty();
            });
        }
    }

    private static Map<String, Double> samples(OperatorProcess operator) {
        var samples = new TreeMap<String, Double>();
        SAMPLE.matcher(operator.get("/q/metrics").body())
                .results()
                .forEach(sample -> samples.put(sample.group(1), Double.valueOf(sample.group(2))));
        return samples;
    }
}
