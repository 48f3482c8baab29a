package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.Fault.Effect;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long AWS could not be read is no secret of the process: one that is restarted again and again tells it, too. */
class BlindnessIT {

    private static final Duration FACTS_MAX_AGE = Duration.ofSeconds(10);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().withoutOperator().with("CMEK_FACTS_MAX_AGE", FACTS_MAX_AGE.toSeconds() + "s");

    @AfterEach
    void heal() {
        ENVIRONMENT.proxy().heal();
    }

    @Test
    void restartsDoNotRenewWhatWasSeenLongAgoInjected() throws Exception {
        String key = ENVIRONMENT.aws().createKey(REGION);
        TestNamespace team = ENVIRONMENT.team();
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of())) {
            operator.awaitReady();
            team.apply(workgroup("orders", key, team.namespace() + "-orders").toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        }
        ENVIRONMENT
                .proxy()
                .inject(asked -> new Effect.Instead(new ResponseDefinitionBuilder()
                        .withFault(Fault.CONNECTION_RESET_BY_PEER)
                        .build()));
        ENVIRONMENT.aws().disableKey(key);

        // None of the processes lives as long as what was seen is relied upon.
        Instant blind = Instant.now();
        var since = new ArrayList<String>();
        while (since.size() < 3 || Instant.now().isBefore(blind.plus(FACTS_MAX_AGE))) {
            since.add(untilItSaysThatItIsBlind(team));
        }
        for (int restarts = 0; restarts < 2; restarts++) {
            try (OperatorProcess operator = ENVIRONMENT.launch(Map.of())) {
                operator.awaitReady();
                awaitStatus(team, Duration.ofSeconds(10), s -> {
                    assertThat(s.path("encryption").asText()).isEqualTo("UNKNOWN");
                    assertThat(ready(s)).isEqualTo("Unknown");
                });
                since.add(unreadableSince(status(team)));
            }
        }
        assertThat(since).containsOnly(since.getFirst());
        assertThat(Instant.parse(since.getFirst())).isBetween(blind.minusSeconds(1), Instant.now());

        ENVIRONMENT.proxy().heal();
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of())) {
            operator.awaitReady();
            awaitStatus(team, Duration.ofSeconds(30), s -> {
                assertThat(s.path("encryption").asText()).isEqualTo("DEGRADED");
                assertThat(ready(s)).isEqualTo("False");
                assertThat(s.has("awsUnreadableSince")).isFalse();
            });
            ENVIRONMENT.aws().enableKey(key);
            awaitStatus(
                    team,
                    Duration.ofSeconds(30),
                    s -> assertThat(s.path("encryption").asText()).isEqualTo("ENABLED"));
        }
    }

    /** At once, as a process does that never read the key; returns since when, empty where it does not say so. */
    private static String untilItSaysThatItIsBlind(TestNamespace team) throws InterruptedException {
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of())) {
            operator.awaitReady();
            long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (System.nanoTime() < end && unreadableSince(status(team)).isEmpty()) {
                Thread.sleep(200);
            }
            return unreadableSince(status(team));
        }
    }

    private static void awaitStatus(TestNamespace team, Duration atMost, Consumer<JsonNode> requirement) {
        await().atMost(atMost).untilAsserted(() -> requirement.accept(status(team)));
    }

    private static JsonNode status(TestNamespace team) {
        return team.json("wg", "orders").path("status");
    }

    private static String unreadableSince(JsonNode status) {
        return status.path("awsUnreadableSince").asText();
    }

    private static String ready(JsonNode status) {
        return status.path("conditions")
                .valueStream()
                .filter(c -> c.path("type").asText().equals("Ready"))
                .map(c -> c.path("status").asText())
                .findFirst()
                .orElse("");
    }
}
