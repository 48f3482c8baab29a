package io.cmek.operator.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.util.List;
import java.util.stream.Stream;

/**
 * A place in the schema of a CRD.
 *
 * @param path from the root, as the API server writes it in its messages; items of lists and values of maps end in {@code []}
 * @param schema what the CRD says about it
 */
record SchemaNode(List<String> path, JSONSchemaProps schema) {

    /** The node itself and all below it, parents first. */
    static Stream<SchemaNode> walk(JSONSchemaProps root) {
        return new SchemaNode(List.of(), root).walk();
    }

    /** As in {@code spec.replication.databases[]}. */
    String dotted() {
        return String.join(".", path).replace(".[]", "[]");
    }

    boolean isItem() {
        return !path.isEmpty() && path.getLast().equals("[]");
    }

    private Stream<SchemaNode> walk() {
        Stream<SchemaNode> below = schema.getProperties() == null
                ? Stream.empty()
                : schema.getProperties().entrySet().stream()
                        .flatMap(property ->
                                child(property.getKey(), property.getValue()).walk());
        Stream<SchemaNode> items = schema.getItems() == null
                ? Stream.empty()
                : child("[]", schema.getItems().getSchema()).walk();
        Stream<SchemaNode> values = schema.getAdditionalProperties() == null
                ? Stream.empty()
                : child("[]", schema.getAdditionalProperties().getSchema()).walk();
        return Stream.of(Stream.of(this), below, items, values).flatMap(nodes -> nodes);
    }

    private SchemaNode child(String name, JSONSchemaProps schema) {
        return new SchemaNode(Stream.concat(path.stream(), Stream.of(name)).toList(), schema);
    }
}
