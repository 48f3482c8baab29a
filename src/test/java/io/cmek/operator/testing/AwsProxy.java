package io.cmek.operator.testing;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.extension.ResponseTransformerV2;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestFilterAction;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestWrapper;
import com.github.tomakehurst.wiremock.extension.requestfilter.StubRequestFilterV2;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.Response;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import io.cmek.operator.inmemoryaws.AwsRequest;
import io.cmek.operator.testing.Fault.Asked;
import io.cmek.operator.testing.Fault.Effect;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Stands before the local AWS: counts what it is asked, and is where faults are injected. */
public final class AwsProxy implements AutoCloseable {

    private static final Pattern WRITE = Pattern.compile("(kms:Put|s3:Put|s3:Create|kms:CreateGrant).*");
    private static final Pattern SECRET = Pattern.compile("<(SecretAccessKey|SessionToken)>([^<]+)<");

    /**
     * A request and its answer, as they passed by.
     *
     * @param accessKey of who asked
     * @param done whether AWS did what was asked
     * @param begin when it came, in nanoseconds of {@link System#nanoTime}
     * @param end when its answer went back
     */
    public record Exchange(AwsRequest request, String accessKey, boolean done, long begin, long end) {

        public String operation() {
            return request.operation();
        }
    }

    private final WireMockServer server;
    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
    /** By operation and the ARN or the bucket that it is about. */
    private final Map<String, LongAdder> about = new ConcurrentHashMap<>();

    private final Map<String, LongAdder> reached = new ConcurrentHashMap<>();
    private final Set<String> tokens = ConcurrentHashMap.newKeySet();
    private final Set<String> secrets = ConcurrentHashMap.newKeySet();
    /** The newest first. */
    private final Deque<Fault> faults = new ConcurrentLinkedDeque<>();

    private final Queue<AwsRequest> writes = new ConcurrentLinkedQueue<>();
    private volatile @Nullable ConcurrentLinkedQueue<Exchange> exchanges;

    private AwsProxy(URI target) {
        server = new WireMockServer(wireMockConfig()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .containerThreads(64)
                // However many answers hang, they take up none of these threads, and hold up no other request.
                .asynchronousResponseEnabled(true)
                .asynchronousResponseThreads(16)
                // The signature covers it.
                .preserveHostHeader(true)
                .extensions(new Passage())
                .disableRequestJournal());
        server.stubFor(any(anyUrl()).willReturn(aResponse().proxiedFrom(target.toString())));
        server.start();
    }

    /** Where each request and each answer passes by. */
    private final class Passage implements StubRequestFilterV2, ResponseTransformerV2 {

        private record Passing(Asked asked, Effect effect, String accessKey, long begin) {}

        private final Map<UUID, Passing> passing = new ConcurrentHashMap<>();

        @Override
        public RequestFilterAction filter(Request request, ServeEvent event) {
            long begin = System.nanoTime();
            if (request.getUrl().equals(UnrulyAws.PRESENCE)) {
                return RequestFilterAction.continueWith(request);
            }
            String authorization = header(request, "Authorization");
            Asked asked = new Asked(request(request), scope(authorization, 2), header(request, "X-Amz-Security-Token"));
            Effect effect = effect(asked);
            String operation = asked.request().operation();
            count(counts, operation);
            count(about, operation + " " + asked.request().subject());
            if (WRITE.matcher(operation).matches()) {
                writes.add(asked.request());
            }
            if (!asked.token().isEmpty()) {
                tokens.add(asked.token());
            }
            if (effect instanceof Effect.Instead(var response)) {
                return RequestFilterAction.stopWith(response);
            }
            if (effect instanceof Effect.Slow(var by)) {
                sleep(by);
            }
            count(reached, operation);
            passing.put(event.getId(), new Passing(asked, effect, scope(authorization, 0), begin));
            // Jetty turns charset=utf-8 into charset=UTF-8, and the signature covers it.
            return RequestFilterAction.continueWith(RequestWrapper.create()
                    .transformHeader(
                            "Content-Type",
                            types -> types.stream()
                                    .map(type -> type.replace("charset=UTF-8", "charset=utf-8"))
                                    .toList())
                    .wrap(request));
        }

        @Override
        public Response transform(Response response, ServeEvent event) {
            @Nullable Passing passed = passing.remove(event.getId());
            if (passed == null) {
                return response;
            }
            if (passed.asked().request().operation().equals("sts:AssumeRole")) {
                SECRET.matcher(response.getBodyAsString()).results().forEach(secret -> secrets.add(secret.group(2)));
            }
            @Nullable ConcurrentLinkedQueue<Exchange> taken = exchanges;
            if (taken != null) {
                taken.add(new Exchange(
                        passed.asked().request(),
                        passed.accessKey(),
                        response.getStatus() < 300,
                        passed.begin(),
                        System.nanoTime()));
            }
            return switch (passed.effect()) {
                case Effect.Late(var by) ->
                    Response.Builder.like(response)
                            .but()
                            .incrementInitialDelay(by.toMillis())
                            .build();
                case Effect.AnswerCut() ->
                    Response.Builder.like(response)
                            .but()
                            .fault(com.github.tomakehurst.wiremock.http.Fault.RANDOM_DATA_THEN_CLOSE)
                            .build();
                case Effect.None none -> response;
                case Effect.Slow slow -> response;
                case Effect.Instead instead -> response;
            };
        }

        @Override
        public String getName() {
            return "passage";
        }
    }

    private Effect effect(Asked asked) {
        return faults.stream()
                .map(fault -> fault.on(asked))
                .filter(effect -> !(effect instanceof Effect.None))
                .findFirst()
                .orElseGet(Effect.None::new);
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A part of the scope of the signature: {@code Credential=<access key>/<date>/<region>/<service>/aws4_request}. */
    private static String scope(String authorization, int part) {
        String[] parts = authorization.replaceFirst(".*Credential=", "").split("/");
        return parts.length > part ? parts[part] : "";
    }

    private static String header(Request request, String name) {
        return request.containsHeader(name) ? Objects.requireNonNull(request.getHeader(name)) : "";
    }

    private static AwsRequest request(Request request) {
        URI uri = URI.create(request.getUrl());
        @Nullable String target = request.containsHeader("X-Amz-Target") ? request.getHeader("X-Amz-Target") : null;
        return new AwsRequest(
                request.getMethod().getName(), uri.getRawPath(), uri.getRawQuery(), target, request.getBody());
    }

    private static void count(Map<String, LongAdder> counts, String operation) {
        counts.computeIfAbsent(operation, o -> new LongAdder()).increment();
    }

    public static AwsProxy before(URI target) {
        return new AwsProxy(target);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** A fault that is there until this is closed. */
    public interface Injected extends AutoCloseable {

        @Override
        void close();
    }

    /** From now on, until it or all faults are healed. Of two faults of one request, the newer one counts. */
    public Injected inject(Fault fault) {
        faults.addFirst(fault);
        return () -> faults.remove(fault);
    }

    /** All faults. */
    public void heal() {
        faults.clear();
    }

    /** The sessions that signed a request so far. */
    public Set<String> tokens() {
        return Set.copyOf(tokens);
    }

    /** Secret keys and tokens of the sessions that were given out so far. */
    public Set<String> secrets() {
        return Set.copyOf(secrets);
    }

    /** Takes down, from now on, what is asked and answered; what was taken down before is forgotten. */
    public void record() {
        exchanges = new ConcurrentLinkedQueue<>();
    }

    /** What was taken down, in the order of the answers. */
    public List<Exchange> recorded() {
        return List.copyOf(Objects.requireNonNull(exchanges, "nothing was taken down"));
    }

    /** Requests since the start or the last reset, by operation, for example {@code kms:DescribeKey}. */
    public Map<String, Long> counts() {
        return sums(counts);
    }

    public long count(String operation) {
        return counts().getOrDefault(operation, 0L);
    }

    /** Until something is asked so many times more. */
    public void awaitMore(String operation, long times, Duration atMost) {
        long before = count(operation);
        Awaitility.await("%s is asked %d times more".formatted(operation, times))
                .atMost(atMost)
                .until(() -> count(operation) >= before + times);
    }

    /**
     * Until something is asked so many times more about each of these.
     *
     * @param subjects ARNs of keys, or names of buckets
     */
    public void awaitMoreAbout(Collection<String> subjects, String operation, long times, Duration atMost) {
        Map<String, Long> before = sums(about);
        Awaitility.await("%s is asked %d times more about each of %s".formatted(operation, times, subjects))
                .atMost(atMost)
                .until(() -> {
                    Map<String, Long> now = sums(about);
                    return subjects.stream()
                            .map(subject -> operation + " " + subject)
                            .allMatch(counted ->
                                    now.getOrDefault(counted, 0L) >= before.getOrDefault(counted, 0L) + times);
                });
    }

    /** Those of the {@link #counts} that a fault did not keep from AWS. */
    public Map<String, Long> reached() {
        return sums(reached);
    }

    private static Map<String, Long> sums(Map<String, LongAdder> counts) {
        var sorted = new TreeMap<String, Long>();
        counts.forEach((operation, count) -> sorted.put(operation, count.sum()));
        return sorted;
    }

    /** Requests that change something. */
    public long writes() {
        return writes.size();
    }

    /**
     * The same, of some keys and buckets.
     *
     * @param names ARNs of keys, and names of buckets or their beginning
     * @return operations
     */
    public List<String> writesAbout(Collection<String> names) {
        return writes.stream()
                .filter(write -> names.stream().anyMatch(name -> write.subject().startsWith(name)))
                .map(AwsRequest::operation)
                .toList();
    }

    public void resetCounts() {
        writes.clear();
        about.clear();
        counts.clear();
        reached.clear();
    }

    @Override
    public void close() {
        server.stop();
    }
}
