package io.cmek.operator.testing;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestFilterAction;
import com.github.tomakehurst.wiremock.extension.requestfilter.RequestWrapper;
import com.github.tomakehurst.wiremock.extension.requestfilter.StubRequestFilterV2;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.cmek.operator.answerer.AwsRequest;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Stands before the local AWS: counts what it is asked, and is where faults are injected. */
public final class AwsProxy implements AutoCloseable {

    /** Longer than an attempt of the operator may take, and short enough to end with the test. */
    private static final int HANGS_MILLIS = 8_000;

    private final WireMockServer server;
    private @Nullable StubMapping injected;
    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    private AwsProxy(URI target) {
        server = new WireMockServer(wireMockConfig()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .containerThreads(64)
                // The signature covers it.
                .preserveHostHeader(true)
                .extensions(new ContentTypeAsSigned())
                .disableRequestJournal());
        server.addMockServiceRequestListener((request, response) -> count(request));
        server.stubFor(any(anyUrl()).atPriority(10).willReturn(aResponse().proxiedFrom(target.toString())));
        server.start();
    }

    /** Jetty turns {@code charset=utf-8} into {@code charset=UTF-8}, and the signature covers it. */
    private static final class ContentTypeAsSigned implements StubRequestFilterV2 {

        @Override
        public RequestFilterAction filter(Request request, ServeEvent event) {
            return RequestFilterAction.continueWith(RequestWrapper.create()
                    .transformHeader(
                            "Content-Type",
                            types -> types.stream()
                                    .map(type -> type.replace("charset=UTF-8", "charset=utf-8"))
                                    .toList())
                    .wrap(request));
        }

        @Override
        public String getName() {
            return "content-type-as-signed";
        }
    }

    public static AwsProxy before(URI target) {
        return new AwsProxy(target);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** To stub faults, with a priority above 10. */
    public WireMockServer faults() {
        return server;
    }

    /** Injects: nothing is answered before the operator has given up waiting for it. */
    public void hang() {
        inject(any(anyUrl()), aResponse().withStatus(503).withFixedDelay(HANGS_MILLIS));
    }

    /** Injects: everything is answered with this status. */
    public void answer(int status) {
        inject(any(anyUrl()), aResponse().withStatus(status));
    }

    /** Injects: everything that is asked in a region is answered with this status. */
    public void answer(int status, String region) {
        // The region is part of the scope of the signature.
        inject(
                any(anyUrl()).withHeader("Authorization", containing("/" + region + "/")),
                aResponse().withStatus(status));
    }

    private void inject(MappingBuilder requests, ResponseDefinitionBuilder response) {
        heal();
        injected = server.stubFor(requests.atPriority(5).willReturn(response));
    }

    /** Ends what was injected. */
    public void heal() {
        if (injected != null) {
            server.removeStub(injected);
            injected = null;
        }
    }

    private void count(Request request) {
        counts.computeIfAbsent(operation(request), o -> new LongAdder()).increment();
    }

    private static String operation(Request request) {
        URI uri = URI.create(request.getUrl());
        @Nullable String target = request.containsHeader("X-Amz-Target") ? request.getHeader("X-Amz-Target") : null;
        return new AwsRequest(
                        request.getMethod().getName(), uri.getRawPath(), uri.getRawQuery(), target, request.getBody())
                .operation();
    }

    /** Requests since the start or the last reset, by operation, for example {@code kms:DescribeKey}. */
    public Map<String, Long> counts() {
        var sorted = new TreeMap<String, Long>();
        counts.forEach((operation, count) -> sorted.put(operation, count.sum()));
        return sorted;
    }

    public long count(String operation) {
        return counts().getOrDefault(operation, 0L);
    }

    /** Requests that change something. */
    public long writes() {
        return counts().entrySet().stream()
                .filter(e -> e.getKey().matches("(kms:Put|s3:Put|s3:Create|kms:CreateGrant).*"))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    public void resetCounts() {
        counts.clear();
    }

    @Override
    public void close() {
        server.stop();
    }
}
