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
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** While the API server refuses statuses, nobody reads there what is so: a metric says that, and the log does in a line at a time. */
class RefusedStatusIT {

    /** With which the API server refuses the status of one resource each. */
    private static final List<Integer> CODES = List.of(429, 500, 422);

    private static final Duration REFUSED = Duration.ofSeconds(25);

    /** Of one resource in that time, where attempts are further and further apart. */
    private static final int LINES = 15;

    private static final Pattern SAMPLE = Pattern.compile("(?m)^(cmek_[a-z_]*status[a-z_]*(?:\\{[^}]*})?) ([0-9.E]+)$");

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    @Test
    void aStatusThatIsRefusedIsCountedAndLoggedInALineAtATime() {
        TestNamespace team = ENVIRONMENT.team();
        List<String> keys =
                CODES.stream().map(code -> ENVIRONMENT.aws().createKey(REGION)).toList();
        try (ApiServerProxy proxy =
                        ApiServerProxy.before(ENVIRONMENT.installation().operatorKubeconfig());
                OperatorProcess operator = ENVIRONMENT.launch(
                        Map.of("KUBECONFIG", proxy.kubeconfig().toAbsolutePath().toString()))) {
            operator.awaitReady();
            for (int i = 0; i < CODES.size(); i++) {
                String name = name(CODES.get(i));
                team.apply(workgroup(name, keys.get(i), team.namespace() + "-" + name)
                        .toString());
            }
            CODES.forEach(code -> team.awaitWorkgroup(name(code), EncryptionState.ENABLED));
            Map<String, Double> before = samples(operator);
            long logged = operator.log().lines().count();

            proxy.fault(request -> CODES.stream()
                    .filter(code -> request.method().equals("PATCH")
                            && request.path().endsWith(team.namespace() + "/workgroups/" + name(code) + "/status"))
                    .mapToInt(Integer::intValue)
                    .findFirst());
            keys.forEach(ENVIRONMENT.aws()::disableKey);
            await("statuses are refused for a while")
                    .during(REFUSED)
                    .atMost(REFUSED.plusSeconds(5))
                    .until(() -> CODES.stream().allMatch(code -> isStored(team, code, "ENABLED")));
            Map<String, Double> during = samples(operator);
            List<String> lines = operator.log().lines().skip(logged).toList();
            proxy.heal();

            await("the statuses are written after all")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> CODES.stream().allMatch(code -> isStored(team, code, "DEGRADED")));
            keys.forEach(ENVIRONMENT.aws()::enableKey);
            CODES.forEach(code -> team.awaitWorkgroup(name(code), EncryptionState.ENABLED));

            during.keySet().removeIf(sample -> during.get(sample) <= before.getOrDefault(sample, 0.0));
            assertSoftly(softly -> {
                softly.assertThat(during).as("metrics that say it").isNotEmpty();
                for (int code : CODES) {
                    softly.assertThat(lines.stream().filter(line -> line.contains(name(code))))
                            .as("lines that are logged meanwhile about the resource whose status is refused with "
                                    + code)
                            .hasSizeBetween(1, LINES);
                }
                softly.assertThat(lines.stream().filter(line -> line.startsWith("\tat ")))
                        .as("stack traces")
                        .isEmpty();
            });
        }
    }

    private static String name(int code) {
        return "refused-" + code;
    }

    private static boolean isStored(TestNamespace team, int code, String encryption) {
        return team.json("wg", name(code)).at("/status/encryption").asText().equals(encryption);
    }

    private static Map<String, Double> samples(OperatorProcess operator) {
        var samples = new TreeMap<String, Double>();
        SAMPLE.matcher(operator.get("/q/metrics").body())
                .results()
                .forEach(sample -> samples.put(sample.group(1), Double.valueOf(sample.group(2))));
        return samples;
    }
}
