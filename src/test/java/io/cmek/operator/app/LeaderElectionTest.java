package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is elected and when; that it works is shown by processes in LeaderElectionIT. */
class LeaderElectionTest {

    private static final String ENABLED = "cmek.leader-election.enabled";

    @Test
    void oneProcessAloneElectsNothing() {
        assertThat(election("cmek-system", Map.of())).isEmpty();
    }

    @Test
    void theLeaseIsOfTheInstallationAndInTheNamespaceOfTheProcess() {
        assertThat(election("cmek-system", Map.of(ENABLED, "true", "cmek.installation-id", "EastA")))
                .hasValueSatisfying(election -> {
                    assertThat(election.getLeaseName()).isEqualTo("cmek-operator-easta");
                    assertThat(election.getLeaseNamespace()).contains("cmek-system");
                    assertThat(election.getLeaseDuration()).isEqualTo(Duration.ofSeconds(15));
                    assertThat(election.getRenewDeadline()).isEqualTo(Duration.ofSeconds(10));
                    assertThat(election.getRetryPeriod()).isEqualTo(Duration.ofSeconds(2));
                });
    }

    @Test
    void twoProcessesOnOneHostAreNotTakenForOne() {
        String first = election("cmek-system", Map.of(ENABLED, "true"))
                .flatMap(LeaderElectionConfiguration::getIdentity)
                .orElseThrow();
        String second = election("cmek-system", Map.of(ENABLED, "true"))
                .flatMap(LeaderElectionConfiguration::getIdentity)
                .orElseThrow();

        assertThat(first).isNotEqualTo(second);
    }

    @Test
    void aLeaseTooShortToRenewIsRefused() {
        assertThatThrownBy(() -> election(
                        "cmek-system", Map.of(ENABLED, "true", "cmek.leader-election.lease-duration", "800ms")))
                .hasMessage("cmek.leader-election.lease-duration is '800ms'; expected 5s or more.");
    }

    @Test
    void withoutANamespaceItSaysWhereToSetOne() {
        assertThatThrownBy(() -> election(null, Map.of(ENABLED, "true")))
                .hasMessageContaining("cmek.leader-election.enabled is 'true'")
                .hasMessageContaining("quarkus.kubernetes-client.namespace");
    }

    private static Optional<LeaderElectionConfiguration> election(
            @Nullable String namespace, Map<String, String> settings) {
        Config config = Config.empty();
        config.setMasterUrl("https://127.0.0.1:1");
        config.setNamespace(namespace);
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            return new LeaderElection(SettingsOf.properties(settings), client, Clock.systemUTC()).election();
        }
    }
}
