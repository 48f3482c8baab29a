package io.cmek.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The requests as they are on the wire. What the API server makes of them, the integration tests show. */
class ClusterStorageClassesTest {

    private static final String PATH = "/apis/storage.k8s.io/v1/storageclasses";
    private static final StorageClass READ = new StorageClassBuilder()
            .withNewMetadata()
            .withName("cmek-team-a-orders")
            .withUid("uid-1")
            .withResourceVersion("7")
            .endMetadata()
            .withProvisioner("ebs.csi.aws.com")
            .build();

    private record Request(String method, String path, String body) {}

    private final List<Request> requests = new ArrayList<>();
    private int code = 200;
    private String answer = "{}";
    private HttpServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().getPath(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(code, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        client = SingleAttemptClient.of(new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .build())
                .build());
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    private void answer(int code, Object body) {
        this.code = code;
        this.answer = Serialization.asJson(body);
    }

    private void refuse(int code) {
        answer(code, new StatusBuilder().withCode(code).withStatus("Failure").build());
    }

    /** Invariant 12: identity is the uid. */
    @Test
    void deletesTheVeryObjectThatWasReadAndNoOtherOfItsName() throws IOException {
        answer(200, READ);

        new ClusterStorageClasses(client).delete(READ);

        Request request = requests.getFirst();
        assertThat(request.method()).isEqualTo("DELETE");
        assertThat(request.path()).isEqualTo(PATH + "/cmek-team-a-orders");
        JsonNode preconditions = new ObjectMapper().readTree(request.body()).path("preconditions");
        assertThat(preconditions.path("uid").asText()).isEqualTo("uid-1");
        assertThat(preconditions.path("resourceVersion").asText()).isEqualTo("7");
        assertThat(requests).hasSize(1);
    }

    @Test
    void oneThatIsGoneIsNoFailure() {
        refuse(404);

        new ClusterStorageClasses(client).delete(READ);

        assertThat(requests).hasSize(1);
        assertThat(new ClusterStorageClasses(client).get("cmek-team-a-orders")).isNull();
    }

    @Test
    void anotherThatTookItsPlaceIs() {
        refuse(409);

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> new ClusterStorageClasses(client).delete(READ))
                .satisfies(e -> assertThat(e.getCode()).isEqualTo(409));
    }

    @Test
    void readsAndMakes() {
        answer(200, READ);
        assertThat(new ClusterStorageClasses(client).get("cmek-team-a-orders")).isEqualTo(READ);
        answer(201, READ);
        assertThat(new ClusterStorageClasses(client)
                        .create(new StorageClassBuilder(READ)
                                .editMetadata()
                                .withUid(null)
                                .withResourceVersion(null)
                                .endMetadata()
                                .build()))
                .as("what is stored")
                .isEqualTo(READ);
        assertThat(requests).extracting(Request::method).containsExactly("GET", "POST");
        assertThat(requests).extracting(Request::path).containsExactly(PATH + "/cmek-team-a-orders", PATH);
    }
}
