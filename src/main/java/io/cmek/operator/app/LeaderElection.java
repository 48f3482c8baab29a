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
 * Which of the processes of this installation works: the one that holds the Lease. The others stand by: they watch the cluster, so that they
 * can take over at once, and ask AWS nothing.
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

    /** Since when this process works: before that it has seen nothing of AWS. */
    public Instant since() {
        return since;
    }

    /** Whether this process works now. */
    boolean leads() {
        return leads || !settings.leaderElection().enabled();
    }

    /** What is done while this process works: from now on, or, where it stands by, from when it leads. To be called before that. */
    void whileLeading(Runnable begin) {
        if (settings.leaderElection().enabled()) {
            duties.add(begin);
        } else {
            begin.run();
        }
    }

    /**
     * How the operator SDK is to elect; empty where there is one process and nothing to elect.
     *
     * @throws IllegalArgumentException where a setting makes no sense
     */
    Optional<LeaderElectionConfiguration> election() {
        if (!settings.leaderElection().enabled()) {
            return Optional.empty();
        }
        Duration lease = ConfigValidation.atLeast(
                SHORTEST_LEASE,
                "cmek.leader-election.lease-duration",
                settings.leaderElection().leaseDuration());
        // In the proportions of client-go's 15 s, 10 s and 2 s (its package leaderelection).
        return Optional.of(LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(leaseName())
                .withLeaseNamespace(namespace())
                .withIdentity(identity)
                .withLeaseDuration(lease)
                .withRenewDeadline(lease.multipliedBy(2).dividedBy(3))
                .withRetryPeriod(lease.multipliedBy(2).dividedBy(15))
                .withLeaderCallbacks(new LeaderCallbacks(this::begin, this::end, leader -> {}))
                .build());
    }

    /** One for each installation, so that several share a namespace. */
    private String leaseName() {
        return "cmek-operator-" + settings.installationId().toLowerCase(Locale.ROOT);
    }

    private String namespace() {
        String namespace = client.getNamespace();
        if (namespace == null || namespace.isBlank()) {
            throw new IllegalArgumentException(
                    "cmek.leader-election.enabled is 'true', and neither a service account nor the kubeconfig says in"
                            + " which namespace the Lease belongs; set the namespace in the kubeconfig's context, or"
                            + " quarkus.kubernetes-client.namespace.");
        }
        return namespace;
    }

    private void begin() {
        LOG.infof("This process leads: it holds the Lease %s", leaseName());
        since = clock.instant();
        leads = true;
        duties.forEach(Runnable::run);
    }

    /**
     * What the operator SDK builds, up to 5.3.2, goes on when the Lease is lost. The next leader may be at work already, so this is no orderly
     * stop, which would take its time.
     */
    private void end() {
        if (!stops) {
            LOG.errorf("This process has lost the Lease %s, so it ends; Kubernetes starts it again", leaseName());
            Runtime.getRuntime().halt(1);
        }
    }

    void prepareToStop(@Observes @Priority(BEFORE_THE_OPERATOR_STOPS) ShutdownEvent event) {
        stops = true;
    }

    /** So that the next leader need not wait until the Lease expires. */
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
            LOG.warnf("The Lease %s was not released and expires by itself: %s", leaseName(), e.getMessage());
        }
    }

    private static String hostName() {
        return Objects.requireNonNullElse(System.getenv("HOSTNAME"), "cmek-operator");
    }
}
