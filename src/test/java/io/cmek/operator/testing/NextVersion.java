package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** The CRDs of a version after this one: with more values than this one knows, and with a field of another type. */
public final class NextVersion {

    private static final List<Path> CRDS =
            List.of(Path.of("crds", "workgroups.cmek.io-v1.yml"), Path.of("crds", "replicacmeks.cmek.io-v1.yml"));

    private static final Map<String, String> VALUES = Map.of(
            "encryption", "LOCKED",
            "state", "LOCKED",
            "policyManagement", "Observe",
            "deletionPolicy", "Archive",
            "provisioning", "Adopt",
            "reclaimPolicy", "Recycle");

    /** What only the next version's CRD lets pass. */
    private static final String NEWER = """
            apiVersion: cmek.io/v1alpha1
            kind: Workgroup
            metadata: {name: probe}
            spec: {region: us-east-1, volumes: gp3, policyManagement: Observe}
            """;

    private NextVersion() {}

    /** As an upgrade does. */
    public static void install(TestNamespace team) {
        CRDS.forEach(crd -> replace(team, next(crd)));
        await(team, true);
    }

    /** As a rollback does: what is stored stays as it is. */
    public static void rollBack(TestNamespace team) {
        CRDS.forEach(crd -> replace(team, read(crd)));
        await(team, false);
    }

    private static void replace(TestNamespace team, JsonNode crd) {
        team.installation().kubectl().run(crd.toString(), "replace", "-f", "-").orThrow();
    }

    private static void await(TestNamespace team, boolean accepts) {
        Awaitility.await("the API server has the CRDs")
                .atMost(Duration.ofSeconds(60))
                .until(() -> team.installation()
                                .kubectl()
                                .run(NEWER, "create", "-n", team.namespace(), "--dry-run=server", "-f", "-")
                                .isDone()
                        == accepts);
    }

    private static JsonNode read(Path crd) {
        try {
            return Serialization.unmarshal("---\n" + Files.readString(crd), JsonNode.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode next(Path crd) {
        JsonNode next = read(crd);
        ObjectNode schema = (ObjectNode) next.at("/spec/versions/0/schema/openAPIV3Schema/properties");
        addValues(schema);
        ObjectNode spec = (ObjectNode) schema.path("spec");
        spec.remove("x-kubernetes-validations");
        ((ObjectNode) spec.path("properties")).putObject("volumes").put("x-kubernetes-preserve-unknown-fields", true);
        return next;
    }

    private static void addValues(JsonNode node) {
        node.properties().forEach(field -> {
            if (VALUES.containsKey(field.getKey()) && field.getValue().path("enum") instanceof ArrayNode values) {
                values.add(VALUES.get(field.getKey()));
            }
            addValues(field.getValue());
        });
        if (node.isArray()) {
            node.forEach(NextVersion::addValues);
        }
    }
}
