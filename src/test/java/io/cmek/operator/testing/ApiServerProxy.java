package io.cmek.operator.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Before the API server: passes everything on, until it is to refuse, to answer from the past, or to keep an answer back. Each request is
 * given to the interference once, when it arrives; a watch keeps what it got until it ends.
 */
public final class ApiServerProxy implements AutoCloseable {

    private static final Set<String> HOP_BY_HOP =
            Set.of("host", "connection", "content-length", "upgrade", "transfer-encoding", "expect", "http2-settings");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient client;
    private final URI upstream;
    private final Path kubeconfig;

    /** The watches that are open, by the kind's path. */
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    private volatile Function<Request, Effect> interference = request -> new Effect.None();

    /**
     * @param path without the query
     * @param query as it was sent, empty for none
     */
    public record Request(String method, String path, String query) {

        /** @param plural of a kind */
        public boolean isWatchOf(String plural) {
            return isReadOfAll(plural) && isWatch();
        }

        /** Whether it asks for all of a kind: for the first page, where it asks for pages. */
        public boolean isListOf(String plural) {
            return isReadOfAll(plural) && !isWatch() && !parameters().contains("continue");
        }

        private boolean isReadOfAll(String plural) {
            return method.equals("GET") && path.endsWith("/" + plural) && !path.contains("/namespaces/");
        }

        private boolean isWatch() {
            return List.of(query.split("&")).contains("watch=true");
        }

        private List<String> parameters() {
            return Arrays.stream(query.split("&"))
                    .map(parameter -> parameter.replaceFirst("=.*", ""))
                    .toList();
        }
    }

    /** What comes of a request. */
    public sealed interface Effect {

        /** It is answered as the API server does. */
        record None() implements Effect {}

        /** It does not reach the API server, and is answered with an error. */
        record Refused(int status) implements Effect {}

        /** It does not reach the API server, and is answered with this. */
        record Instead(String json) implements Effect {}

        /** It reaches the API server at once. The answer, or each event of a watch, is handed on when this is complete, and not before. */
        record When(CompletableFuture<?> complete) implements Effect {}

        /** It reaches the API server at once, and the answer comes so much later. */
        static Effect late(Duration by) {
            return new When(
                    new CompletableFuture<Void>().completeOnTimeout(null, by.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    private record Watch(String path, OutputStream answer, InputStream source) {}

    private ApiServerProxy(Path operatorKubeconfig) {
        try {
            Config config = Config.fromKubeconfig(operatorKubeconfig.toFile());
            upstream = URI.create(config.getMasterUrl());
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .sslContext(SSLUtils.sslContext(config))
                    .build();
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", this::handle);
            server.setExecutor(threads);
            server.start();
            String text =
                    Files.readString(operatorKubeconfig).replaceAll("server: \\S+", "server: \"" + address() + "\"");
            kubeconfig = Files.writeString(ChildProcess.folder("api-proxy").resolve("kubeconfig"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param operatorKubeconfig with a token */
    public static ApiServerProxy before(Path operatorKubeconfig) {
        return new ApiServerProxy(operatorKubeconfig);
    }

    /** What leads to this proxy. */
    public Path kubeconfig() {
        return kubeconfig;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** From now on, until {@link #heal}, every request fails, and every watch ends. */
    public void fail() {
        fault(request -> OptionalInt.of(500));
        watches.forEach(watch -> close(watch.source()));
    }

    public void heal() {
        interfere(request -> new Effect.None());
    }

    /** What goes wrong from now on: the HTTP status of the answer, empty for requests that reach the API server. */
    public void fault(Function<Request, OptionalInt> fault) {
        interfere(request -> {
            OptionalInt status = fault.apply(request);
            return status.isPresent() ? new Effect.Refused(status.getAsInt()) : new Effect.None();
        });
    }

    /** What comes of each request from now on. */
    public void interfere(Function<Request, Effect> interference) {
        this.interference = interference;
    }

    /**
     * How many informers of a kind there are behind this: each has one watch.
     *
     * @param plural of the kind
     */
    public int watches(String plural) {
        return watchesOf(plural).size();
    }

    /**
     * Ends each watch of a kind, as an API server that goes away does; returns how many.
     *
     * @param plural of the kind
     */
    public int cutWatches(String plural) {
        List<Watch> those = watchesOf(plural);
        those.forEach(watch -> close(watch.source()));
        return those.size();
    }

    /**
     * Tells each watch of a kind that it is too far behind, so that its client lists anew (Kubernetes documentation, "Kubernetes API Concepts",
     * on 410 Gone).
     *
     * @param plural of the kind
     * @return how many
     */
    public int sendGone(String plural) {
        return send(plural, """
                {"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired",\
                 "message": "too old resource version: injected in this test", "code": 410}}
                """);
    }

    /**
     * Says something that is no event to each watch of a kind.
     *
     * @param plural of the kind
     * @return to how many
     */
    public int sendNonsense(String plural) {
        return send(plural, "nonsense\n");
    }

    private int send(String plural, String line) {
        List<Watch> those = watchesOf(plural);
        those.forEach(watch -> write(watch.answer(), line.getBytes(StandardCharsets.UTF_8)));
        return those.size();
    }

    private List<Watch> watchesOf(String plural) {
        return watches.stream()
                .filter(watch -> watch.path().endsWith("/" + plural))
                .toList();
    }

    private static void write(OutputStream answer, byte[] bytes) {
        synchronized (answer) {
            try {
                answer.write(bytes);
                answer.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void close(InputStream source) {
        try {
            source.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var asked = new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().getPath(),
                    Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), ""));
            // The client then watches by a plain request, as through `kubectl proxy`.
            if (exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            Effect effect = interference.apply(asked);
            switch (effect) {
                case Effect.Refused(int status) -> {
                    answer(exchange, status, """
                            {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "injected in this test", "code": %d}""".formatted(status));
                    return;
                }
                case Effect.Instead(String json) -> {
                    answer(exchange, 200, json);
                    return;
                }
                case Effect.None none -> {}
                case Effect.When when -> {}
            }
            var request = HttpRequest.newBuilder(upstream.resolve(exchange.getRequestURI()))
                    .method(
                            exchange.getRequestMethod(),
                            HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!HOP_BY_HOP.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            response.headers()
                    .firstValue("Content-Type")
                    .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
            if (asked.isWatch() && response.statusCode() == 200) {
                exchange.sendResponseHeaders(200, 0);
                pass(asked.path(), response.body(), exchange.getResponseBody(), effect);
            } else {
                byte[] body = response.body().readAllBytes();
                await(effect);
                exchange.sendResponseHeaders(response.statusCode(), 0);
                exchange.getResponseBody().write(body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        exchange.getRequestBody().readAllBytes();
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private void pass(String path, InputStream source, OutputStream answer, Effect effect)
            throws IOException, InterruptedException {
        var watch = new Watch(path, answer, source);
        watches.add(watch);
        try (source) {
            answer.flush();
            byte[] buffer = new byte[65536];
            for (int read = source.read(buffer); read >= 0; read = source.read(buffer)) {
                byte[] events = java.util.Arrays.copyOf(buffer, read);
                await(effect);
                write(answer, events);
            }
        } finally {
            watches.remove(watch);
        }
    }

    private static void await(Effect effect) throws InterruptedException {
        if (effect instanceof Effect.When(CompletableFuture<?> complete)) {
            try {
                complete.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        client.close();
    }
}
