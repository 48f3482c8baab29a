package io.cmek.operator.bench;

import static io.cmek.operator.testing.Stage.REGION;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cmek.operator.answerer.Answerer;
import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.bench.Snapshot.Span;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.OperatorProcess;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lets Workgroups converge, stay idle for a minute, and find the operator restarted; counts what that costs. Kubernetes is real; AWS is
 * answered from memory by this process, because an emulator would be what is measured.
 */
class ConvergenceBench {

    /** Which cases, as a regular expression; all by default. */
    private static final String CASES = "cmek.bench";

    private static final Path REPORTS = Path.of("target", "bench");
    private static final Duration CONVERGENCE = Duration.ofMinutes(5);
    private static final Duration IDLE = Duration.ofMinutes(1);

    /** After the last status: the last Events, and the operator's own watch events. */
    private static final Duration AFTERMATH = Duration.ofSeconds(2);

    private static final int APPLICANTS = 8;

    /** What the JVM gives the heap in a container with the chart's memory limit, 512 MiB: a 64th at first, and half of it at most. */
    private static final String[] HEAP = {"-Xms8m", "-Xmx256m"};

    private static final List<Figures> FIGURES = new ArrayList<>();

    /** Each workgroup has one key, which it may share, and two buckets. */
    enum Case {
        ONE("1 workgroup", 1, 1),
        HUNDRED("100 workgroups", 100, 100),
        THOUSAND("1,000 workgroups", 1000, 1000),
        SHARED("1,000 workgroups on 10 keys", 1000, 10);

        final String title;
        final int workgroups;
        final int keys;

        Case(String title, int workgroups, int keys) {
            this.title = title;
            this.workgroups = workgroups;
            this.keys = keys;
        }
    }

    @ParameterizedTest
    @EnumSource
    void measure(Case which) throws Exception {
        assumeTrue(which.name().matches(System.getProperty(CASES, ".*")), "not among the cases asked for");
        try (var aws = Answerer.start();
                var installation = Installation.start(Map.of());
                var workgroups = new Arrivals(installation, installation.namespace())) {
            AuditLog audit = installation.cluster().audit().orElseThrow();
            List<String> keys = aws.seedKeys(which.keys, REGION);
            aws.seedBuckets(which.workgroups, "data", REGION);
            aws.seedBuckets(which.workgroups, "backup", REGION);
            Map<String, String> environment = installation.environment(aws.endpoint());

            Span convergence;
            Span idle;
            ProcessUsage converged;
            ProcessUsage idled;
            try (OperatorProcess operator = launch(environment).awaitReady()) {
                Snapshot before = Snapshot.of(operator, aws, audit);
                workgroups.arrive(which.workgroups, keys);
                await("all are ENABLED", CONVERGENCE, () -> workgroups.enabled() == which.workgroups);
                Duration time = Duration.ofNanos(System.nanoTime() - before.nanos());
                Thread.sleep(AFTERMATH);
                Snapshot after = Snapshot.of(operator, aws, audit);
                converged = after.usage();
                convergence = after.since(before, audit).lasting(time);

                Thread.sleep(IDLE);
                Snapshot later = Snapshot.of(operator, aws, audit);
                idled = later.usage();
                idle = later.since(after, audit);
            }
            Restart restart = restart(environment, aws, audit, which);
            FIGURES.add(new Figures(
                    which.title, which.workgroups, which.keys, convergence, converged, idle, idled, restart));
            new Report(FIGURES).writeTo(REPORTS);
        }
    }

    /** Until every key and every bucket was looked at, twice the aftermath longer, so that a write that follows from a look is seen. */
    private static Restart restart(Map<String, String> environment, Answerer aws, AuditLog audit, Case which)
            throws InterruptedException {
        aws.resetCounts();
        long mark = audit.mark();
        long launched = System.nanoTime();
        try (OperatorProcess operator = launch(environment)) {
            await("the first look", CONVERGENCE, () -> calls(aws, "kms:DescribeKey") > 0);
            Duration first = Duration.ofNanos(System.nanoTime() - launched);
            await(
                    "every key and bucket was looked at",
                    CONVERGENCE,
                    () -> calls(aws, "kms:DescribeKey") >= which.keys
                            && calls(aws, "kms:GetKeyPolicy") >= which.keys
                            && calls(aws, "s3:GetBucketEncryption") >= 2L * which.workgroups);
            Duration all = Duration.ofNanos(System.nanoTime() - launched);
            Thread.sleep(AFTERMATH.multipliedBy(2));
            Snapshot after = Snapshot.of(operator, aws, audit);
            var launch = new Snapshot(launched, new ProcessUsage(Duration.ZERO, 0, 0), Map.of(), mark);
            return new Restart(first, after.since(launch, audit).lasting(all), after.usage());
        }
    }

    private static long calls(Answerer aws, String operation) {
        return aws.counts().getOrDefault(operation, 0L);
    }

    @AfterAll
    static void print() {
        System.out.println(new Report(FIGURES).text());
    }

    private static OperatorProcess launch(Map<String, String> environment) {
        return OperatorProcess.launchForMeasurement(environment, "@dev/image/jvm.options", HEAP[0], HEAP[1]);
    }

    private static void await(String what, Duration atMost, BooleanSupplier done) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not so within " + atMost + ": " + what);
            }
            Thread.sleep(5);
        }
    }

    /** The Workgroups, and who of them is ENABLED. */
    private static final class Arrivals implements AutoCloseable {

        private final KubernetesClient client;
        private final String namespace;
        private final Set<String> enabled = ConcurrentHashMap.newKeySet();
        private final SharedIndexInformer<Workgroup> informer;

        Arrivals(Installation installation, String namespace) {
            this.client = installation.client();
            this.namespace = namespace;
            this.informer = client.resources(Workgroup.class)
                    .inNamespace(namespace)
                    .inform(new ResourceEventHandler<>() {
                        @Override
                        public void onAdd(Workgroup workgroup) {
                            take(workgroup);
                        }

                        @Override
                        public void onUpdate(Workgroup before, Workgroup workgroup) {
                            take(workgroup);
                        }

                        @Override
                        public void onDelete(Workgroup workgroup, boolean unknown) {
                            enabled.remove(workgroup.getMetadata().getName());
                        }
                    });
        }

        private void take(Workgroup workgroup) {
            String name = workgroup.getMetadata().getName();
            if (workgroup.getStatus() != null && workgroup.getStatus().encryption() == EncryptionState.ENABLED) {
                enabled.add(name);
            } else {
                enabled.remove(name);
            }
        }

        int enabled() {
            return enabled.size();
        }

        void arrive(int number, List<String> keys) throws InterruptedException, ExecutionException {
            try (var applicants = Executors.newFixedThreadPool(APPLICANTS)) {
                List<Future<?>> created = IntStream.range(0, number)
                        .<Future<?>>mapToObj(i ->
                                applicants.submit(() -> client.resource(workgroup(i, keys.get(i % keys.size())))
                                        .create()))
                        .toList();
                for (Future<?> one : created) {
                    one.get();
                }
            }
        }

        private Workgroup workgroup(int number, String key) {
            var workgroup = new Workgroup();
            workgroup.setMetadata(new ObjectMetaBuilder()
                    .withNamespace(namespace)
                    .withName("wg-" + number)
                    .build());
            workgroup.setSpec(new WorkgroupSpec(
                    REGION,
                    new Cmek(key, key),
                    new Buckets("data-" + number, "backup-" + number, null),
                    null,
                    null,
                    null,
                    null));
            return workgroup;
        }

        @Override
        public void close() {
            informer.close();
        }
    }
}
