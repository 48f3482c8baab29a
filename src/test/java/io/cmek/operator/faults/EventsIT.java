package io.cmek.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With a queue of events, nothing waits for its next poll, which is an hour away here. */
class EventsIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension()
            .with("CMEK_RESYNC_INTERVAL", "1h")
            .with("CMEK_BUCKET_RESYNC_INTERVAL", "1h")
            .with("CMEK_FACTS_MAX_AGE", "2h")
            .withoutOperator();

    @Test
    void aDisabledKeyIsInTheStatusWhenTheEventComesAndNoSooner() throws Exception {
        try (var trail = FakeCloudTrail.start(ENVIRONMENT);
                OperatorProcess operator = ENVIRONMENT
                        .launch(Map.of("CMEK_EVENTS_QUEUE_URL", trail.url()))
                        .awaitReady()) {
            FaultScenario scenario = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, 2)
                    .apply()
                    .awaitEnabled();
            String key = scenario.dataKeys().getFirst();

            ENVIRONMENT.aws().disableKey(key);
            List.of("no event", "{}", "{\"detail\": {}}", "{\"detail\": " + "[".repeat(10_000))
                    .forEach(trail::send);
            trail.tell("DisableKey", scenario.dataKeys().getLast(), Map.of(), Instant.now());
            Awaitility.await("all messages are taken")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> trail.left() == 0);
            assertThat(scenario.team().workgroup("wg-0").getStatus().encryption())
                    .as("no event was about this key")
                    .isEqualTo(EncryptionState.ENABLED);

            trail.tell("DisableKey", key, Map.of(), Instant.now());
            scenario.team().awaitReason("wg-0", "KeysUsable", "KeyDisabled");

            ENVIRONMENT.aws().enableKey(key);
            trail.tell("EnableKey", key, Map.of(), Instant.now());
            scenario.awaitEnabled();
            assertThat(operator.get("/q/health/live").body()).contains("events");
            assertThat(operator.get("/q/health/live").statusCode()).isEqualTo(200);
        }
    }

    /** It polls as before, and says in metrics and log that it receives nothing. */
    @Test
    void aQueueThatIsNotThereCostsNothingButTime() {
        String url = ENVIRONMENT.aws().endpoint() + "/111122223333/not-there";
        try (OperatorProcess operator = ENVIRONMENT
                .launch(Map.of("CMEK_EVENTS_QUEUE_URL", url, "CMEK_RESYNC_INTERVAL", "1s"))
                .awaitReady()) {
            FaultScenario scenario = FaultScenario.of(ENVIRONMENT, OperatorTestExtension.REGION, 1)
                    .apply()
                    .awaitEnabled();
            ENVIRONMENT.aws().disableKey(scenario.dataKeys().getFirst());
            scenario.team().awaitReason("wg-0", "KeysUsable", "KeyDisabled");
            Awaitility.await("the log says so")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> operator.log().contains("sqs:ReceiveMessage"));
            assertThat(operator.get("/q/health/live").statusCode()).isEqualTo(200);
        }
    }
}
