package io.cmek.operator.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.cmek.operator.testing.ApiServerProxy.Effect;
import io.cmek.operator.testing.ApiServerProxy.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What this proxy does, before a server that answers each LIST with a number and each watch with what a test says. */
class ApiServerProxyTest {

    private static final String WORKGROUPS = "/apis/cmek.io/v1alpha1/workgroups";
    private static final String WATCH = WORKGROUPS + "?resourceVersion=7&watch=true";

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> lists = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;
    private ApiServerProxy proxy;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.setExecutor(threads);
        server.start();
        proxy = ApiServerProxy.before(Files.writeString(
                folder.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: here
                clusters: [{name: here, cluster: {server: "http://127.0.0.1:%d"}}]
                contexts: [{name: here, context: {cluster: here, user: here}}]
                users: [{name: here, user: {token: any}}]
                """.formatted(server.getAddress().getPort())));
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            if (!exchange.getRequestURI().toString().contains("watch=true")) {
                lists.add("asked");
                exchange.getResponseBody().write("list".getBytes(StandardCharsets.UTF_8));
                return;
            }
            exchange.getResponseBody().flush();
            while (true) {
                exchange.getResponseBody().write((events.take() + "\n").getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        proxy.close();
        server.stop(0);
        threads.shutdownNow();
        client.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/apis/cmek.io/v1alpha1/workgroups, limit=20, LIST",
        "/apis/cmek.io/v1alpha1/workgroups, resourceVersion=0, LIST",
        "/apis/cmek.io/v1alpha1/workgroups, '', LIST",
        "/apis/cmek.io/v1alpha1/workgroups, limit=20&continue=abc, NEITHER",
        "/apis/cmek.io/v1alpha1/namespaces/team-a/workgroups, limit=20, NEITHER",
        "/apis/cmek.io/v1alpha1/namespaces/team-a/workgroups/orders, '', NEITHER",
        "/apis/cmek.io/v1alpha1/replicacmeks, limit=20, NEITHER",
        "/apis/cmek.io/v1alpha1/workgroups, allowWatchBookmarks=true&resourceVersion=7&watch=true, WATCH",
    })
    void aListIsOfAllOfAKindAndItsFirstPage(String path, String query, String what) {
        var request = new Request("GET", path, query);
        assertThat(request.isListOf("workgroups")).isEqualTo(what.equals("LIST"));
        assertThat(request.isWatchOf("workgroups")).isEqualTo(what.equals("WATCH"));
    }

    @Test
    void anAnswerComesInstead() throws Exception {
        proxy.interfere(
                request -> request.isListOf("workgroups") ? new Effect.Instead("{\"items\": []}") : new Effect.None());

        assertThat(list().get()).isEqualTo("{\"items\": []}");
        assertThat(lists).isEmpty();
        proxy.heal();
        assertThat(list().get()).isEqualTo("list");
    }

    @Test
    void aListThatIsKeptBackHasReachedTheServer() throws Exception {
        var gate = new CompletableFuture<Void>();
        proxy.interfere(request -> new Effect.When(gate));

        CompletableFuture<String> list = list();
        assertThat(lists.poll(10, TimeUnit.SECONDS)).isEqualTo("asked");
        assertThat(list).isNotDone();
        gate.complete(null);
        assertThat(list.get(10, TimeUnit.SECONDS)).isEqualTo("list");
    }

    @Test
    void aListComesLate() throws Exception {
        proxy.interfere(request -> Effect.late(Duration.ofMillis(300)));

        long start = System.nanoTime();
        assertThat(list().get()).isEqualTo("list");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void eventsAreKeptBackAndComeInTheirOrder() throws Exception {
        var gate = new CompletableFuture<Void>();
        proxy.interfere(request -> new Effect.When(gate));
        BufferedReader watch = watch();
        events.add("first");
        events.add("second");
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> readLine(watch), threads);

        Awaitility.await().until(events::isEmpty);
        assertThat(line).isNotDone();
        gate.complete(null);
        assertThat(line.get(10, TimeUnit.SECONDS)).isEqualTo("first");
        assertThat(readLine(watch)).isEqualTo("second");
    }

    @Test
    void watchesOfAKindExpireOrAreCut() throws Exception {
        BufferedReader watch = watch();
        Awaitility.await().until(() -> proxy.watches("workgroups") == 1);
        assertThat(proxy.watches("replicacmeks")).isZero();

        assertThat(proxy.sendGone("workgroups")).isEqualTo(1);
        assertThat(readLine(watch)).contains("\"type\": \"ERROR\"", "410");
        assertThat(proxy.cutWatches("replicacmeks")).isZero();
        assertThat(proxy.cutWatches("workgroups")).isEqualTo(1);
        assertThat(watch.lines()).isEmpty();
        Awaitility.await().until(() -> proxy.watches("workgroups") == 0);
    }

    private CompletableFuture<String> list() {
        return client.sendAsync(request(WORKGROUPS + "?limit=20"), HttpResponse.BodyHandlers.ofString())
                .thenApply(HttpResponse::body);
    }

    private BufferedReader watch() throws InterruptedException, ExecutionException {
        return new BufferedReader(new InputStreamReader(
                client.sendAsync(request(WATCH), HttpResponse.BodyHandlers.ofInputStream())
                        .get()
                        .body(),
                StandardCharsets.UTF_8));
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(proxy.address().resolve(path)).build();
    }

    private static String readLine(BufferedReader reader) {
        try {
            return reader.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
