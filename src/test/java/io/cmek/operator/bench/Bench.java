package io.cmek.operator.bench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cmek.operator.testing.OperatorProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What all measurements have in common. */
final class Bench {

    static final Path REPORTS = Path.of("target", "bench");

    /** Which cases, as a regular expression; all by default. */
    private static final String CASES = "cmek.bench";

    /** What the JVM gives the heap in a container with the chart's memory limit, 512 MiB: a 64th at first, and half of it at most. */
    private static final String[] HEAP = {"-Xms8m", "-Xmx256m"};

    private Bench() {}

    static void assumeAskedFor(Enum<?> which) {
        assumeTrue(which.name().matches(System.getProperty(CASES, ".*")), "not among the cases asked for");
    }

    static OperatorProcess launch(Map<String, String> environment) {
        return OperatorProcess.launchForMeasurement(environment, HEAP);
    }

    static void await(String what, Duration atMost, BooleanSupplier done) throws InterruptedException {
        if (!happens(atMost, done)) {
            throw new IllegalStateException("not so within " + atMost + ": " + what);
        }
    }

    /** Waits until something is so; returns false where it was not so in time. */
    static boolean happens(Duration atMost, BooleanSupplier done) throws InterruptedException {
        long start = System.nanoTime();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() - start > atMost.toNanos()) {
                return false;
            }
            Thread.sleep(5);
        }
        return true;
    }
}
