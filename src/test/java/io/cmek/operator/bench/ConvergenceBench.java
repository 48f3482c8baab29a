package io.cmek.operator.bench;

import static io.cmek.operator.testing.OperatorTestExtension.REGION;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.bench.Snapshot.Span;
import io.cmek.operator.inmemoryaws.InMemoryAws;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.OperatorProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lets Workgroups converge, stay idle for a minute, and find the operator restarted; counts what that costs. Kubernetes is real; AWS is
 * answered from memory by this process, because an emulator would be what is measured.
 */
class ConvergenceBench {

    private static final Duration CONVERGENCE = Duration.ofMinutes(5);
    private static final Duration IDLE = Duration.ofMinutes(1);

    /** After the last status: the last Events, and the operator's own watch events. */
    private static final Duration AFTERMATH = Duration.ofSeconds(2);

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
        Bench.assumeAskedFor(which);
        try (var aws = InMemoryAws.start();
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
            try (OperatorProcess operator = Bench.launch(environment).awaitReady()) {
                Snapshot before = Snapshot.of(operator, aws, audit);
                workgroups.arrive(which.workgroups, keys);
                Bench.await(
                        "all are ENABLED",
                        CONVERGENCE,
                        () -> workgroups.in(EncryptionState.ENABLED) == which.workgroups);
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
            new Report(FIGURES).writeTo(Bench.REPORTS);
        }
    }

    /** Until every key and every bucket was read, and twice the aftermath longer, so that a write that follows a read is seen. */
    private static Restart restart(Map<String, String> environment, InMemoryAws aws, AuditLog audit, Case which)
            throws InterruptedException {
        aws.resetCounts();
        long mark = audit.mark();
        long launched = System.nanoTime();
        try (OperatorProcess operator = Bench.launch(environment)) {
            Bench.await("the first read", CONVERGENCE, () -> calls(aws, "kms:DescribeKey") > 0);
            Duration first = Duration.ofNanos(System.nanoTime() - launched);
            Bench.await(
                    "every key and bucket was read",
                    CONVERGENCE,
                    () -> calls(aws, "kms:DescribeKey") >= which.keys
                            && calls(aws, "kms:GetKeyPolicy") >= which.keys
                            && calls(aws, "s3:GetBucketEncryption") >= 2L * which.workgroups);
            Duration all = Duration.ofNanos(System.nanoTime() - launched);
            Thread.sleep(AFTERMATH.multipliedBy(2));
            Snapshot after = Snapshot.of(operator, aws, audit);
            var launch = new Snapshot(launched, ProcessUsage.NONE, Map.of(), mark);
            return new Restart(first, after.since(launch, audit).lasting(all), after.usage());
        }
    }

    private static long calls(InMemoryAws aws, String operation) {
        return aws.counts().getOrDefault(operation, 0L);
    }

    @AfterAll
    static void print() {
        if (!FIGURES.isEmpty()) {
            System.out.println(new Report(FIGURES).text());
        }
    }
}
