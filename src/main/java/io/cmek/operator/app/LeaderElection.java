package io.cmek.operator.app;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Leader election among the replicas of this installation: the replica that holds the Lease is the leader. A standby replica keeps its informer
 * caches synced, so that it can take over at once, and calls AWS for nothing.
 */
@Singleton
public class LeaderElection {

    private static final Logger LOG = Logger.getLogger(LeaderElection.class);
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(5);

    private static final int BEFORE_THE_OPERATOR_STOPS = Interceptor.Priority.LIBRARY_BEFORE;
    private static final int AFTER_THE_OPERATOR_STOPPED = Interceptor.Priority.LIBRARY_AFTER;

    private final Settings settings;
    private final KubernetesClient client;
    private final Clock clock;
    private final String identity = hostName() + "_" + UUID.randomUUID();
    private final List<Runnable> duties = new ArrayList<>();
    private volatile Instant since;
    private volatile boolean leads;
    private volatile boolean stops;

    LeaderElection(Settings settings, KubernetesClient client, Clock clock) {
        this.settings = settings;
        this.client = client;
        this.clock = clock;
        this.since = clock.instant();
    }

    /** When this process became the leader, or started if there is no leader election. It has not read AWS before. */
    public Instant since() {
        return since;
    }

    /** Whether this process is the leader; always true without leader election. */
    boolean leads() {
        return leads || !settings.leaderElection().enabled();
    }

    /** Runs the action when this process becomes the leader, or now without leader election. Call it before the election starts. */
    void whileLeading(Runnable begin) {
        if (settings.leaderElection().enabled()) {
            duties.add(begin);
        } else {
            begin.run();
        }
    }

    /**
     * The leader election configuration for the operator SDK; empty without leader election.
     *
     * @throws IllegalArgumentException if a setting is out of range, or no namespace is known for the Lease
     */
    Optional<LeaderElectionConfiguration> election() {
        if (!settings.leaderElection().enabled()) {
            return Optional.empty();
        }
        Duration lease = ConfigValidation.atLeast(
                SHORTEST_LEASE,
                "cmek.leader-election.lease-duration",
                settings.leaderElection().leaseDuration());
        // The ratios of client-go's defaults: 15 s, 10 s and 2 s (package leaderelection).
        return Optional.of(LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(leaseName())
                .withLeaseNamespace(namespace())
                .withIdentity(identity)
                .withLeaseDuration(lease)
                .withRenewDeadline(lease.multipliedBy(2).dividedBy(3))
                .withRetryPeriod(lease.multipliedBy(2).dividedBy(15))
                .withLeaderCallbacks(new LeaderCallbacks(this::begin, this::end, leader -> {}))
                .build());
    }

    /** Has the installation id, so that several installations can share a namespace. */
    private String leaseName() {
        return "cmek-operator-" + settings.installationId().toLowerCase(Locale.ROOT);
    }

    private String namespace() {
        String namespace = client.getNamespace();
        if (namespace == null || namespace.isBlank()) {
            throw new IllegalArgumentException(
                    "cmek.leader-election.enabled is 'true', but neither a service account nor the kubeconfig names the namespace"
                            + " of the Lease. Set the namespace in the kubeconfig's context, or set"
                            + " quarkus.kubernetes-client.namespace.");
        }
        return namespace;
    }

    private void begin() {
        LOG.infof("This process is the leader: it holds the Lease %s", leaseName());
        since = clock.instant();
        leads = true;
        duties.forEach(Runnable::run);
    }

    /**
     * Halts the process, because the controllers of the operator SDK (up to 5.3.2) keep running after the Lease is lost. The next leader may be
     * active already, and a graceful shutdown would take too long.
     */
    private void end() {
        if (!stops) {
            LOG.errorf("This process lost the Lease %s and exits; Kubernetes restarts it", leaseName());
            Runtime.getRuntime().halt(1);
        }
    }

    void prepareToStop(@Observes @Priority(BEFORE_THE_OPERATOR_STOPS) ShutdownEvent event) {
        stops = true;
    }

    /** Releases the Lease, so that the next leader need not wait until it expires. */
    void release(@Observes @Priority(AFTER_THE_OPERATOR_STOPPED) ShutdownEvent event) {
        if (!leads) {
            return;
        }
        String release = """
                [{"op": "test", "path": "/spec/holderIdentity", "value": "%s"},
                 {"op": "remove", "path": "/spec/holderIdentity"},
                 {"op": "replace", "path": "/spec/leaseDurationSeconds", "value": 1}]""".formatted(identity);
        try {
            client.leases()
                    .inNamespace(namespace())
                    .withName(leaseName())
                    .patch(PatchContext.of(PatchType.JSON), release);
        } catch (KubernetesClientException e) {
            LOG.warnf("Could not release the Lease %s, which expires by itself: %s", leaseName(), e.getMessage());
        }
    }

    private static String hostName() {
        return Objects.requireNonNullElse(System.getenv("HOSTNAME"), "cmek-operator");
    }
}
