package io.cmek.operator.bench;

import io.cmek.operator.inmemoryaws.InMemoryAws;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.OperatorProcess;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All counters at one moment. */
record Snapshot(long nanos, ProcessUsage usage, Map<String, Long> aws, long auditMark) {

    static Snapshot of(OperatorProcess operator, InMemoryAws aws, AuditLog audit) {
        return new Snapshot(System.nanoTime(), ProcessUsage.of(operator.handle()), aws.counts(), audit.mark());
    }

    /**
     * What happened between two moments.
     *
     * @param aws calls by operation
     * @param writes to the API server, by verb and resource
     * @param reads of the API server, by verb and resource
     */
    record Span(Duration time, Duration cpu, Map<String, Long> aws, Map<String, Long> writes, Map<String, Long> reads) {

        /** The same, with another time: of what is waited for, and not of the moment of counting. */
        Span lasting(Duration time) {
            return new Span(time, cpu, aws, writes, reads);
        }

        long awsCalls() {
            return sum(aws);
        }

        /** Calls that change something. */
        long awsWrites() {
            return aws.entrySet().stream()
                    .filter(e -> e.getKey().matches("(kms|s3):(Put|Create).*"))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }

        static long sum(Map<String, Long> counts) {
            return counts.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** What has happened since an earlier moment. */
    Span since(Snapshot earlier, AuditLog audit) {
        var calls = new TreeMap<String, Long>();
        aws.forEach((operation, count) -> {
            long more = count - earlier.aws().getOrDefault(operation, 0L);
            if (more > 0) {
                calls.put(operation, more);
            }
        });
        Map<Boolean, Map<String, Long>> requests = audit.ofOperatorBetween(earlier.auditMark(), auditMark).stream()
                .collect(Collectors.partitioningBy(
                        AuditLog.Request::isWrite,
                        Collectors.groupingBy(
                                r -> r.verb() + " " + r.resource(), TreeMap::new, Collectors.counting())));
        return new Span(
                Duration.ofNanos(nanos - earlier.nanos()),
                usage.cpu().minus(earlier.usage().cpu()),
                calls,
                requests.get(true),
                requests.get(false));
    }
}
