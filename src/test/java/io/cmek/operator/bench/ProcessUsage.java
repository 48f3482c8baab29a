package io.cmek.operator.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a process has used so far, as the kernel counts it (proc_pid_status(5)).
 *
 * @param cpu user and system time of all its threads
 * @param resident memory in RAM now ({@code VmRSS}), in KiB
 * @param peak the most it ever had in RAM ({@code VmHWM}), in KiB
 * @param threads of the kernel, those of the JVM itself among them
 */
record ProcessUsage(Duration cpu, long resident, long peak, long threads) {

    /** Before the launch. */
    static final ProcessUsage NONE = new ProcessUsage(Duration.ZERO, 0, 0, 0);

    static ProcessUsage of(ProcessHandle process) {
        Duration cpu = process.info()
                .totalCpuDuration()
                .orElseThrow(
                        () -> new IllegalStateException("process " + process.pid() + ": its CPU time cannot be read"));
        try {
            List<String> status = Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"));
            return new ProcessUsage(
                    cpu, number(status, "VmRSS:"), number(status, "VmHWM:"), number(status, "Threads:"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long number(List<String> status, String field) {
        return status.stream()
                .filter(line -> line.startsWith(field))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }
}
