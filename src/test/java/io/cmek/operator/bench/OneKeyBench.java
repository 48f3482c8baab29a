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
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lets Workgroups that share one key converge, and stay idle for a minute; disables their key, enables it, and starts the operator again.
 * Counts what each of these phases costs. The report says how far a phase came that took too long.
 */
class OneKeyBench {

    /** How many minutes the bench waits for the end of a phase. */
    private static final String LONGEST = "cmek.bench.longest";

    private static final Duration IDLE = Duration.ofMinutes(1);

    /** The operator is at rest when it uses less than a tenth of a core for this long. */
    private static final Duration REST = Duration.ofSeconds(5);

    private static final int REST_SHARE = 10;

    private static final List<OneKeyFigures> FIGURES = new ArrayList<>();

    /** Each workgroup has two buckets of its own. */
    enum Case {
        ONE_KEY_100(100),
        ONE_KEY_1000(1000),
        ONE_KEY_5000(5000);

        final int workgroups;

        Case(int workgroups) {
            this.workgroups = workgroups;
        }
    }

    private final Duration longest = Duration.ofMinutes(Long.getLong(LONGEST, 20));

    @ParameterizedTest
    @EnumSource
    void measure(Case which) throws Exception {
        Bench.assumeAskedFor(which);
        int all = which.workgroups;
        try (var aws = InMemoryAws.start();
                var installation = Installation.start(Map.of());
                var workgroups = new Arrivals(installation, installation.namespace())) {
            String key = aws.seedKeys(1, REGION).getFirst();
            aws.seedBuckets(all, "data", REGION);
            aws.seedBuckets(all, "backup", REGION);
            Map<String, String> environment = installation.environment(aws.endpoint());
            AuditLog audit = installation.cluster().audit().orElseThrow();
            var figures = new OneKeyFigures(all);
            FIGURES.add(figures);

            try (OperatorProcess operator = Bench.launch(environment).awaitReady()) {
                var stage = new Phases(which.name(), operator, aws, audit, all);
                figures.convergence = stage.phase(
                        "ENABLED",
                        () -> workgroups.in(EncryptionState.ENABLED),
                        () -> workgroups.arrive(all, List.of(key)));
                if (finished(figures.convergence)) {
                    figures.idle = stage.idle();
                    figures.disabled = stage.phase(
                            "DEGRADED",
                            () -> workgroups.in(EncryptionState.DEGRADED),
                            () -> aws.setEnabled(key, false));
                }
                if (finished(figures.disabled)) {
                    figures.enabled = stage.phase(
                            "ENABLED", () -> workgroups.in(EncryptionState.ENABLED), () -> aws.setEnabled(key, true));
                }
            }
            if (finished(figures.convergence)) {
                aws.setEnabled(key, true);
                aws.resetCounts();
                var launch = new Snapshot(System.nanoTime(), ProcessUsage.NONE, Map.of(), audit.mark());
                try (OperatorProcess operator = Bench.launch(environment)) {
                    figures.restart =
                            new Phases(which.name(), operator, aws, audit, all).phase("read", () -> read(aws), launch);
                }
            }
        } finally {
            new OneKeyReport(FIGURES).writeTo(Bench.REPORTS);
        }
    }

    private static boolean finished(@Nullable Phase phase) {
        return phase != null && phase.finished();
    }

    /** For how many workgroups both buckets were read, once the key was. */
    private static long read(InMemoryAws aws) {
        Map<String, Long> counts = aws.counts();
        return counts.containsKey("kms:DescribeKey") && counts.containsKey("kms:GetKeyPolicy")
                ? counts.getOrDefault("s3:GetBucketEncryption", 0L) / 2
                : 0;
    }

    @AfterAll
    static void print() {
        if (!FIGURES.isEmpty()) {
            System.out.println(new OneKeyReport(FIGURES).text());
        }
    }

    private interface Change {

        void make() throws Exception;
    }

    /** A running operator with everything that counts its work. */
    private final class Phases {

        private final String title;
        private final OperatorProcess operator;
        private final InMemoryAws aws;
        private final AuditLog audit;
        private final int all;

        Phases(String title, OperatorProcess operator, InMemoryAws aws, AuditLog audit, int all) {
            this.title = title;
            this.operator = operator;
            this.aws = aws;
            this.audit = audit;
            this.all = all;
        }

        private Snapshot now() {
            return Snapshot.of(operator, aws, audit);
        }

        /** From a change until all workgroups have the state and the operator is at rest. */
        Phase phase(String what, LongSupplier reached, Change change) throws Exception {
            Snapshot before = now();
            change.make();
            return phase(what, reached, before);
        }

        Phase phase(String what, LongSupplier reached, Snapshot before) throws InterruptedException {
            Bench.happens(longest, () -> reached.getAsLong() > 0);
            Duration first = Duration.ofNanos(System.nanoTime() - before.nanos());
            boolean finished = Bench.happens(
                    longest.minus(first), reporting(what, before.nanos(), reached, () -> reached.getAsLong() >= all));
            Duration last = Duration.ofNanos(System.nanoTime() - before.nanos());
            long reachedAtLast = reached.getAsLong();
            if (finished) {
                rest();
            }
            Snapshot after = now();
            return new Phase(first, after.since(before, audit).lasting(last), after.usage(), finished, reachedAtLast);
        }

        Idle idle() throws InterruptedException {
            Snapshot before = now();
            Thread.sleep(IDLE);
            Snapshot after = now();
            return new Idle(after.since(before, audit), after.usage());
        }

        private void rest() throws InterruptedException {
            Bench.happens(longest, () -> {
                Duration before = ProcessUsage.of(operator.handle()).cpu();
                try {
                    Thread.sleep(REST);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return true;
                }
                Duration used = ProcessUsage.of(operator.handle()).cpu().minus(before);
                return used.multipliedBy(REST_SHARE).compareTo(REST) < 0;
            });
        }

        /** The same condition, which prints a line each minute: some phases take long. */
        private BooleanSupplier reporting(String what, long start, LongSupplier reached, BooleanSupplier done) {
            long[] reported = {0};
            return () -> {
                long minutes = Duration.ofNanos(System.nanoTime() - start).toMinutes();
                if (minutes > reported[0]) {
                    reported[0] = minutes;
                    System.out.printf(
                            "%s: %,d of %,d %s after %d min%n", title, reached.getAsLong(), all, what, minutes);
                }
                return done.getAsBoolean();
            };
        }
    }

    /**
     * The cost of one phase.
     *
     * @param first until the first workgroup had the state that the phase ends with
     * @param span its time ends with the last workgroup, its counts when the operator was at rest
     * @param usage at the end
     * @param finished false where the phase took too long
     * @param reached how many workgroups had that state at the end
     */
    record Phase(Duration first, Span span, ProcessUsage usage, boolean finished, long reached) {}

    /** A minute in which nothing happens. */
    record Idle(Span span, ProcessUsage usage) {}

    /** The figures of one case; null for a phase that did not begin. */
    static final class OneKeyFigures {

        final int workgroups;

        @Nullable
        Phase convergence;

        @Nullable
        Idle idle;

        @Nullable
        Phase disabled;

        @Nullable
        Phase enabled;

        @Nullable
        Phase restart;

        OneKeyFigures(int workgroups) {
            this.workgroups = workgroups;
        }
    }
}
