package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What the API server was asked by the operator, and by others about its things (Kubernetes documentation, "Auditing"). */
public record AuditLog(Path file) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> READS = Set.of("get", "list", "watch");

    /** @param resource with its subresource, for example {@code workgroups/status} */
    public record Request(String user, String verb, String resource, String name, int code) {

        public boolean isWrite() {
            return !READS.contains(verb);
        }
    }

    /** A place in the log; what came before is of no interest. */
    public long mark() {
        return file.toFile().length();
    }

    /** What the operator asked since a place, leases excepted: those are written for ever. */
    public List<Request> ofOperatorSince(long mark) {
        return ofOperatorBetween(mark, Long.MAX_VALUE);
    }

    /** The same, up to another place. */
    public List<Request> ofOperatorBetween(long mark, long end) {
        return between(mark, end).stream()
                .filter(request -> !request.resource().equals("leases"))
                .toList();
    }

    /** All that the operator asked since a place. */
    public List<Request> allOfOperatorSince(long mark) {
        return between(mark, Long.MAX_VALUE);
    }

    private List<Request> between(long mark, long end) {
        try (Stream<String> lines = Files.lines(file)) {
            long[] at = {0};
            return lines.filter(line -> {
                        long start = at[0];
                        at[0] += line.getBytes(java.nio.charset.StandardCharsets.UTF_8).length + 1;
                        return start >= mark && start < end;
                    })
                    .filter(line -> line.contains(Installation.OPERATOR_USER))
                    .map(AuditLog::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Request read(String line) {
        try {
            JsonNode event = JSON.readTree(line);
            JsonNode object = event.path("objectRef");
            String subresource = object.path("subresource").asText("");
            return new Request(
                    event.path("user").path("username").asText(),
                    event.path("verb").asText(),
                    object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
                    object.path("namespace").asText() + "/"
                            + object.path("name").asText(),
                    event.path("responseStatus").path("code").asInt());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
