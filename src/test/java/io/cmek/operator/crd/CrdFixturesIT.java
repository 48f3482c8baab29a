package io.cmek.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.testing.Cluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fixture, tried on a real API server: what is good is accepted, what is bad is refused with the sentence that the user sees. */
class CrdFixturesIT {

    /** What the API server adds where the schema refuses an object, whatever is wrong with it. */
    private static final String REMARK = "some validation rules were not checked because the object was invalid";

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.start();
        cluster.kubectl().must("apply", "-f", "crds/");
        cluster.kubectl().must("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    static List<Fixture> fixtures() {
        return Fixture.all();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void isAnsweredAsItSays(Fixture fixture) throws IOException {
        String namespace = namespace();
        List<JsonNode> documents = fixture.documents();
        JsonNode stored = null;
        for (JsonNode accepted : documents.subList(0, documents.size() - 1)) {
            stored = send(fixture, namespace, accepted, stored);
        }
        List<String> answer = answer(fixture, namespace, documents.getLast(), stored);

        assertThat(answer)
                .containsExactlyInAnyOrderElementsOf(fixture.expected().stream()
                        .map(CrdFixturesIT::inWordsOfBoth)
                        .toList());
        assertThat(fixture.isValid()).as("an invalid fixture expects something").isEqualTo(answer.isEmpty());
    }

    /** {@code kubectl explain} is where a user reads first. */
    @Test
    void explainReadsWell() {
        // The API server publishes the schemas of new kinds a moment after it serves them.
        await().atMost(Duration.ofSeconds(30))
                .until(() ->
                        cluster.kubectl().run(null, "explain", "rcmek.spec").isDone());
        assertThat(cluster.kubectl().must("explain", "workgroup.spec.cmek"))
                .contains(
                        "dataBucketKeyID",
                        "-required-",
                        "The customer-managed encryption keys (CMEK) of the workgroup");
        assertThat(cluster.kubectl().must("explain", "rcmek.spec")).contains("workgroupRef", "The ");
    }

    private static String namespace() {
        String name = "fixture-" + NAMESPACES.incrementAndGet();
        client().resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        return name;
    }

    private static List<String> answer(Fixture fixture, String namespace, JsonNode document, @Nullable JsonNode stored)
            throws IOException {
        try {
            send(fixture, namespace, document, stored);
            return List.of();
        } catch (KubernetesClientException refused) {
            return lines(refused.getStatus()).map(CrdFixturesIT::inWordsOfBoth).toList();
        }
    }

    private static Stream<String> lines(Status status) {
        var causes = Optional.ofNullable(status.getDetails())
                .map(StatusDetails::getCauses)
                .orElse(List.of());
        return causes.isEmpty()
                ? Stream.of(status.getMessage())
                : causes.stream()
                        .map(cause -> cause.getField() + ": " + cause.getMessage())
                        .filter(line -> !line.contains(REMARK));
    }

    /**
     * The fixtures say it as the newest Kubernetes does. The oldest has the type before what is wrong with a value, and another word for what is
     * too long.
     */
    private static String inWordsOfBoth(String line) {
        if (Cluster.isNewest()) {
            return line;
        }
        return line.replaceFirst("Invalid value: \"(object|string|array)\": ", "Invalid value: ")
                .replaceFirst("may not be longer than (\\d+)$", "may not be more than $1 bytes");
    }

    /**
     * As strictly as kubectl has it checked: creates the object, or puts the document in place of the stored one; one with a status in place
     * of the stored status, as the operator does.
     */
    private static JsonNode send(Fixture fixture, String namespace, JsonNode document, @Nullable JsonNode stored)
            throws IOException {
        String all = "/apis/cmek.io/v1alpha1/namespaces/" + namespace + "/" + fixture.plural();
        String answer;
        if (stored == null) {
            answer = client().raw(all + "?fieldValidation=Strict", "POST", document);
        } else {
            ObjectNode next = document.deepCopy();
            next.withObjectProperty("metadata").set("resourceVersion", stored.at("/metadata/resourceVersion"));
            String path = "/" + next.at("/metadata/name").asText() + (next.has("status") ? "/status" : "");
            answer = client().raw(all + path + "?fieldValidation=Strict", "PUT", next);
        }
        return Serialization.jsonMapper().readTree(answer);
    }

    private static KubernetesClient client() {
        return cluster.client();
    }
}
