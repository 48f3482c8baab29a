package io.cmek.operator.inmemoryaws;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * KMS, S3 and STS in memory on a free loopback port, as far as the operator uses them. Buckets are addressed by path.
 *
 * <p>Beside AWS's own protocols it answers {@code GET}s for those who measure:
 *
 * <ul>
 *   <li>{@code /_counts}: requests by operation, as JSON
 *   <li>{@code /_reset}: counts anew; with {@code ?things=true} forgets keys and buckets, too
 *   <li>{@code /_seed?keys=N&buckets=N&prefix=P&region=R}: makes keys, and buckets {@code P-0}, {@code P-1}…; answers the ARNs of the keys,
 *       one a line
 *   <li>{@code /_latency?millis=N}: lets each answer wait
 *   <li>{@code /_policy?key=ARN}: a key's policy
 * </ul>
 *
 * <p>On its own, it prints its endpoint and ends when its standard input does:
 * {@code java -cp 'target/test-classes:target/quarkus-app/lib/main/*' io.cmek.operator.inmemoryaws.InMemoryAws}
 */
public final class InMemoryAws implements AutoCloseable {

    public static final String ACCOUNT = "111122223333";
    private static final String REGION = "us-east-1";

    static {
        // Otherwise an answer in two segments waits 40 ms for a delayed acknowledgement, and connections beyond 200 are
        // closed.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "10000");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
    private final Keys keys = new Keys();
    private final Buckets buckets = new Buckets();
    private final SecurityTokens tokens = new SecurityTokens();
    private volatile Duration latency = Duration.ZERO;

    private InMemoryAws() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public static InMemoryAws start() throws IOException {
        return new InMemoryAws();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Makes enabled symmetric keys; returns their ARNs. */
    public List<String> seedKeys(int number, String region) {
        return IntStream.range(0, number)
                .mapToObj(i -> keys.make(region, ACCOUNT))
                .toList();
    }

    /** Makes the buckets {@code prefix-0}, {@code prefix-1}… without CMEK. */
    public void seedBuckets(int number, String prefix, String region) {
        IntStream.range(0, number).forEach(i -> buckets.make(prefix + "-" + i, region));
    }

    /** Disables or enables a key, as its owner does. */
    public void setEnabled(String keyArn, boolean enabled) {
        keys.setEnabled(keyArn, enabled);
    }

    /** A key's policy, null where there is no such key. */
    public @Nullable String policy(String keyArn) {
        return keys.policy(keyArn);
    }

    /** Requests since the start or the last reset, by operation, for example {@code kms:DescribeKey}. */
    public Map<String, Long> counts() {
        var sorted = new TreeMap<String, Long>();
        counts.forEach((operation, count) -> sorted.put(operation, count.sum()));
        return sorted;
    }

    public void resetCounts() {
        counts.clear();
    }

    /** How long each answer of AWS waits from now on. */
    public void setLatency(Duration latency) {
        this.latency = latency;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath();
            HttpReply answer = path.startsWith("/_")
                    ? ofMeasurement(
                            path, AwsRequest.parameters(exchange.getRequestURI().getRawQuery()))
                    : ofAws(exchange, path, body);
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            boolean bodiless =
                    answer.body().length == 0 || exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(answer.status(), bodiless ? -1 : answer.body().length);
            if (!bodiless) {
                exchange.getResponseBody().write(answer.body());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpReply ofAws(HttpExchange exchange, String path, byte[] body) throws IOException, InterruptedException {
        if (!latency.isZero()) {
            Thread.sleep(latency);
        }
        var request = new AwsRequest(
                exchange.getRequestMethod(),
                path,
                exchange.getRequestURI().getRawQuery(),
                exchange.getRequestHeaders().getFirst("X-Amz-Target"),
                body);
        String region = signedRegion(exchange);
        count(request.operation());
        return switch (request.service()) {
            case "kms" -> keys.answer(request.call(), body, region, ACCOUNT);
            case "sts" -> tokens.answer(request.call(), ACCOUNT);
            default -> buckets.answer(request.call(), request.bucket(), body, region);
        };
    }

    /** {@code AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …} */
    private static String signedRegion(HttpExchange exchange) {
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        String[] scope = authorization == null ? new String[0] : authorization.split("/", 5);
        return scope.length == 5 ? scope[2] : REGION;
    }

    private void count(String operation) {
        counts.computeIfAbsent(operation, o -> new LongAdder()).increment();
    }

    private HttpReply ofMeasurement(String path, Map<String, String> query) {
        String region = query.getOrDefault("region", REGION);
        switch (path) {
            case "/_counts" -> {
                return text(counts().entrySet().stream()
                        .map(e -> "\"" + e.getKey() + "\":" + e.getValue())
                        .collect(Collectors.joining(",", "{", "}\n")));
            }
            case "/_reset" -> {
                resetCounts();
                if (query.getOrDefault("things", "").equals("true")) {
                    keys.clear();
                    buckets.clear();
                }
                return text("");
            }
            case "/_seed" -> {
                seedBuckets(
                        Integer.parseInt(query.getOrDefault("buckets", "0")),
                        query.getOrDefault("prefix", "bucket"),
                        region);
                List<String> arns =
                        new ArrayList<>(seedKeys(Integer.parseInt(query.getOrDefault("keys", "0")), region));
                return text(arns.stream().map(arn -> arn + "\n").collect(Collectors.joining()));
            }
            case "/_latency" -> {
                setLatency(Duration.ofMillis(Long.parseLong(query.getOrDefault("millis", "0"))));
                return text("");
            }
            case "/_policy" -> {
                String policy = policy(query.getOrDefault("key", ""));
                return text(policy == null ? "" : policy);
            }
            default -> {
                return HttpReply.empty(404, Map.of());
            }
        }
    }

    private static HttpReply text(String text) {
        return new HttpReply(200, "text/plain", Map.of(), text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    public static void main(String[] arguments) throws IOException {
        try (var inMemory = start()) {
            System.out.println(inMemory.endpoint());
            while (System.in.read() >= 0) {
                // Until whoever started it ends, or closes its standard input.
            }
        }
    }
}
