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
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Before the API server: passes everything on, until it is told to answer nonsense, or with an error. */
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

    private volatile Function<Request, OptionalInt> fault = request -> OptionalInt.empty();

    /** @param path without the query */
    public record Request(String method, String path) {}

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
            String text = Files.readString(operatorKubeconfig)
                    .replaceAll(
                            "server: \\S+",
                            "server: \"http://127.0.0.1:" + server.getAddress().getPort() + "\"");
            kubeconfig = Files.writeString(Attendant.folder("api-proxy").resolve("kubeconfig"), text);
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

    /** From now on, until {@link #heal}, every request fails, and every watch ends. */
    public void fail() {
        fault(request -> OptionalInt.of(500));
        watches.forEach(watch -> close(watch.source()));
    }

    public void heal() {
        fault(request -> OptionalInt.empty());
    }

    /** What goes wrong from now on: the HTTP status of the answer, empty for requests that reach the API server. */
    public void fault(Function<Request, OptionalInt> fault) {
        this.fault = fault;
    }

    /**
     * Says something that is no event to each watch of a kind.
     *
     * @param plural of the kind
     * @return to how many
     */
    public int sendNonsense(String plural) {
        var those = watches.stream()
                .filter(watch -> watch.path().endsWith("/" + plural))
                .toList();
        those.forEach(watch -> write(watch.answer(), "nonsense\n".getBytes(StandardCharsets.UTF_8)));
        return those.size();
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
            OptionalInt status = fault.apply(new Request(
                    exchange.getRequestMethod(), exchange.getRequestURI().getPath()));
            if (status.isPresent()) {
                exchange.getRequestBody().readAllBytes();
                byte[] body = ("{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"status\": \"Failure\","
                                + " \"message\": \"injected in this test\", \"code\": " + status.getAsInt() + "}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(status.getAsInt(), body.length);
                exchange.getResponseBody().write(body);
                return;
            }
            // The client then watches by a plain request, as through `kubectl proxy`.
            if (exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
                exchange.sendResponseHeaders(200, -1);
                return;
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
            exchange.sendResponseHeaders(response.statusCode(), 0);
            String query = exchange.getRequestURI().getQuery();
            if (query != null && query.contains("watch=true")) {
                pass(exchange.getRequestURI().getPath(), response.body(), exchange.getResponseBody());
            } else {
                response.body().transferTo(exchange.getResponseBody());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(String path, InputStream source, OutputStream answer) throws IOException {
        var watch = new Watch(path, answer, source);
        watches.add(watch);
        try (source) {
            answer.flush();
            byte[] buffer = new byte[65536];
            for (int read = source.read(buffer); read >= 0; read = source.read(buffer)) {
                write(answer, java.util.Arrays.copyOf(buffer, read));
            }
        } finally {
            watches.remove(watch);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        client.close();
    }
}
