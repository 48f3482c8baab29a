package io.cmek.operator.simulator;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awscontrol.FakeAws;
import io.cmek.operator.awscontrol.FakeKms;
import io.cmek.operator.awscontrol.FakeS3;
import io.cmek.operator.awscontrol.ManualTicker;
import io.cmek.operator.awscontrol.VirtualClock;
import io.cmek.operator.controller.FakeCluster;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.tenancy.Tenants;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An API server, AWS, and processes of the operator, on one thread and in virtual time. The {@link Choices} decide who is next, how late informers
 * are, which requests fail and how, and at which request a process crashes.
 */
final class SimulatedWorld {

    static final String INSTALLATION = "sim";
    static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    static final Duration POLL = Duration.ofMinutes(1);
    static final Duration FACTS_MAX_AGE = Duration.ofMinutes(5);

    /** Beyond that something goes round in circles. */
    private static final int TOO_MANY_STEPS = 200_000;

    private static final List<FakeAws.Trouble> AWS_TROUBLES = List.of(
            FakeAws.Trouble.LOSES_ITS_ANSWER,
            FakeAws.Trouble.TIMES_OUT,
            FakeAws.Trouble.THROTTLED,
            FakeAws.Trouble.UNAVAILABLE);

    private static final List<FakeCluster.Trouble> CLUSTER_TROUBLES = List.of(
            FakeCluster.Trouble.LOSES_ITS_ANSWER,
            FakeCluster.Trouble.of(0),
            FakeCluster.Trouble.of(409),
            FakeCluster.Trouble.of(429),
            FakeCluster.Trouble.of(500));

    private static final List<Duration> LAGS =
            List.of(Duration.ofMillis(5), Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ofSeconds(15));

    final Choices choices;
    final ManualTicker ticker = new ManualTicker();
    final Clock clock = new VirtualClock(ticker);
    final Kernel kernel = new Kernel(ticker);

    /** Of the jitter in the core: the same in each world. */
    final Random random = new Random(1);

    final FakeAws aws = new FakeAws(ticker);
    final FakeKms kms = new FakeKms(aws, new Random(2));
    final FakeS3 s3 = new FakeS3(aws);
    final FakeCluster cluster = new FakeCluster(ticker, clock);
    final PolicyMerge merge = new PolicyMerge(INSTALLATION);
    final Authorization authorization =
            new Authorization(new Tenants(List.of(TestRequests.tenant("all", ROLE, "*", "*"))));

    private final List<SimulatedProcess> processes = new ArrayList<>();
    private final Properties properties;
    private final List<String> trace = new ArrayList<>();
    private boolean hasFaults = true;
    private int steps;

    SimulatedWorld(Choices choices) {
        this.choices = choices;
        this.properties = new Properties(this);
        aws.waits = kernel::sleep;
        aws.rule((operation, identity, item) -> troubleOfAws());
        aws.before = (operation, item) -> port(operation + " " + item, "is sent");
        aws.after = (operation, item) -> {
            trace(operation + " " + item);
            properties.awsWasAsked(operation, item);
            port(operation + " " + item, "is answered");
        };
        cluster.rule((request, name) -> troubleOfCluster());
        cluster.before = (request, name) -> port(request + " " + name, "is sent");
        cluster.after = (request, name) -> {
            trace(request + " " + name);
            properties.clusterWasAsked(request, name);
            port(request + " " + name, "is answered");
        };
    }

    // -- what goes wrong

    private FakeAws.@Nullable Trouble troubleOfAws() {
        int choice = hasFaults ? choices.choose(AWS_TROUBLES.size() + 1) : 0;
        if (choice == 0) {
            return null;
        }
        FakeAws.Trouble trouble = AWS_TROUBLES.get(choice - 1);
        AwsError failure = trouble.failure();
        trace("AWS: " + (failure == null ? "throws" : failure.detail().code())
                + (trouble.takesEffect() ? ", and the request takes effect" : ""));
        return trouble;
    }

    private FakeCluster.@Nullable Trouble troubleOfCluster() {
        int choice = hasFaults ? choices.choose(CLUSTER_TROUBLES.size() + 1) : 0;
        if (choice == 0) {
            return null;
        }
        FakeCluster.Trouble trouble = CLUSTER_TROUBLES.get(choice - 1);
        trace("API server: " + (trouble.code() == 0 ? "no response" : trouble.code())
                + (trouble.takesEffect() ? ", and the request takes effect" : ""));
        return trouble;
    }

    /** Where a request leaves a process, and where its response comes: others may run, or the process ends here. */
    private void port(String request, String when) {
        Object process = kernel.running();
        if (process == null) {
            return;
        }
        if (hasFaults && choices.choose(2) == 1) {
            trace("the process crashes when " + request + " " + when);
            crash((SimulatedProcess) process);
        }
        kernel.pause();
    }

    Duration lag() {
        return hasFaults ? LAGS.get(choices.choose(LAGS.size())) : LAGS.getFirst();
    }

    // -- processes

    void start() {
        processes.add(new SimulatedProcess(this));
    }

    /** It ends where it is, and another one begins. */
    private void crash(SimulatedProcess process) {
        kernel.crash(process);
        processes.remove(process);
        start();
    }

    /** A process that is not asked ends, and another one begins. */
    void restart() {
        crash(processes.getFirst());
    }

    // -- time

    private boolean step() {
        if (steps++ > TOO_MANY_STEPS) {
            throw new AssertionError("more than " + TOO_MANY_STEPS + " steps");
        }
        int runnable = kernel.runnable();
        List<BooleanSupplier> turns =
                processes.stream().flatMap(process -> process.turns().stream()).toList();
        int first = choices.choose(runnable + turns.size());
        for (int i = 0; i < runnable + turns.size(); i++) {
            int which = (first + i) % (runnable + turns.size());
            if (which < runnable) {
                kernel.resume(which);
                return true;
            }
            if (turns.get(which - runnable).getAsBoolean()) {
                return true;
            }
        }
        return false;
    }

    /** So much time passes. */
    void advance(Duration time) {
        long end = ticker.nanos() + time.toNanos();
        while (true) {
            while (step()) {
                // Until all that could be done now is done.
            }
            Duration left = Duration.ofNanos(end - ticker.nanos());
            if (!left.isPositive()) {
                return;
            }
            ticker.advance(Stream.concat(
                            kernel.untilNext().stream(), processes.stream().flatMap(SimulatedProcess::untilNext))
                    .filter(Duration::isPositive)
                    .min(Duration::compareTo)
                    .filter(next -> next.compareTo(left) < 0)
                    .orElse(left));
        }
    }

    /** Nothing goes wrong any more. */
    void endFaults() {
        hasFaults = false;
        trace("the faults end");
    }

    Properties properties() {
        return properties;
    }

    // -- what happened

    void trace(String what) {
        trace.add("%8.3f s  %s".formatted(aws.now().toMillis() / 1000.0, what));
    }

    List<String> traced() {
        return List.copyOf(trace);
    }

    int steps() {
        return steps;
    }
}
