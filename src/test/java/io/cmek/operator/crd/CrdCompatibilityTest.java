package io.cmek.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever uses the CRDs of the last release can go on with those of now; and what the comparison sees. */
class CrdCompatibilityTest {

    private static final Path RELEASED = Path.of("src", "test", "resources", "crd-released");

    private static final String CRD = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.cmek.io}
            spec:
              group: cmek.io
              scope: Namespaced
              names: {kind: Thing, plural: things, singular: thing, shortNames: [th], categories: [cmek]}
              versions:
              - name: v1alpha1
                served: true
                storage: true
                subresources: {status: {}}
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        required: [name]
                        properties:
                          name: {type: string, maxLength: 10, minLength: 2, pattern: "^a"}
                          mode: {type: string, enum: [A, B], default: A}
                          note: {type: string, nullable: true}
                          count: {type: integer, minimum: 1, maximum: 5}
                          labels: {type: object, maxProperties: 3, additionalProperties: {type: string, maxLength: 5}}
                          items:
                            type: array
                            maxItems: 4
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [key]
                            items: {type: object, required: [key], properties: {key: {type: string}}}
                        x-kubernetes-validations: [{rule: self.name != self.mode}]
            """;

    static Stream<String> kinds() {
        return CrdSource.generate().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void nobodyWhoUsesTheLastReleaseIsBroken(String file) throws IOException {
        CustomResourceDefinition released =
                Serialization.unmarshal(Files.readString(RELEASED.resolve(file)), CustomResourceDefinition.class);

        assertThat(CrdCompatibility.breaks(released, CrdSource.generate().get(file)))
                .as(
                        "breaks against %s. Undo them, or bring a new version of the API (docs/upgrade.md)",
                        RELEASED.resolve(file))
                .isEmpty();
    }

    /** A kind that was released does not go. */
    @Test
    void everyReleasedKindIsThere() throws IOException {
        try (Stream<Path> files = Files.list(RELEASED)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .isSubsetOf(CrdSource.generate().keySet());
        }
    }

    @Test
    void theSameIsNoBreak() {
        assertThat(breaks(crd -> {})).isEmpty();
    }

    /** A change, and what is said of it. */
    record Change(String name, Consumer<CustomResourceDefinition> change, String said) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Change> breaking() {
        return Stream.of(
                new Change("group", c -> c.getSpec().setGroup("keys.io"), "group was cmek.io and is keys.io"),
                new Change("scope", c -> c.getSpec().setScope("Cluster"), "scope was Namespaced and is Cluster"),
                new Change("kind", c -> c.getSpec().getNames().setKind("Item"), "names.kind was Thing and is Item"),
                new Change("plural", c -> c.getSpec().getNames().setPlural("t"), "names.plural was things and is t"),
                new Change(
                        "singular", c -> c.getSpec().getNames().setSingular("t"), "names.singular was thing and is t"),
                new Change(
                        "short name",
                        c -> c.getSpec().getNames().setShortNames(List.of()),
                        "names.shortNames has no th any more"),
                new Change(
                        "category",
                        c -> c.getSpec().getNames().setCategories(List.of("all")),
                        "names.categories has no cmek any more"),
                new Change("version dropped", c -> version(c).setName("v1"), "the version v1alpha1 is gone"),
                new Change(
                        "version not served",
                        c -> version(c).setServed(false),
                        "the version v1alpha1 is no longer served"),
                new Change(
                        "version not stored",
                        c -> version(c).setStorage(false),
                        "the version v1alpha1 is no longer the stored one: what is stored has to be converted"),
                new Change(
                        "no status",
                        c -> version(c).setSubresources(null),
                        "the version v1alpha1 has no subresource status any more"),
                onSpec("field removed", s -> s.getProperties().remove("count"), "spec.count is gone"),
                onSpec("list removed", s -> s.getProperties().remove("items"), "spec.items is gone"),
                onField("type", "count", f -> f.setType("string"), "spec.count: type was integer and is string"),
                onField(
                        "type of values",
                        "labels",
                        f -> f.getAdditionalProperties().getSchema().setType("integer"),
                        "spec.labels[]: type was string and is integer"),
                onField(
                        "length of values",
                        "labels",
                        f -> f.getAdditionalProperties().getSchema().setMaxLength(4L),
                        "spec.labels[]: maxLength was 5 and is 4"),
                onField("format", "name", f -> f.setFormat("date"), "spec.name: format was null and is date"),
                onField("pattern", "name", f -> f.setPattern("^b"), "spec.name: pattern was ^a and is ^b"),
                onField("new pattern", "note", f -> f.setPattern("^b"), "spec.note: pattern was null and is ^b"),
                onField("null", "note", f -> f.setNullable(false), "spec.note: null is refused now"),
                onField("shorter", "name", f -> f.setMaxLength(9L), "spec.name: maxLength was 10 and is 9"),
                onField("new length", "note", f -> f.setMaxLength(9L), "spec.note: maxLength was null and is 9"),
                onField("longer", "name", f -> f.setMinLength(3L), "spec.name: minLength was 2 and is 3"),
                onField("new least length", "note", f -> f.setMinLength(1L), "spec.note: minLength was null and is 1"),
                onField("less", "count", f -> f.setMaximum(4.0), "spec.count: maximum was 5.0 and is 4.0"),
                onField("more", "count", f -> f.setMinimum(2.0), "spec.count: minimum was 1.0 and is 2.0"),
                onField("fewer items", "items", f -> f.setMaxItems(3L), "spec.items: maxItems was 4 and is 3"),
                onField("more items", "items", f -> f.setMinItems(1L), "spec.items: minItems was null and is 1"),
                onField(
                        "fewer properties",
                        "labels",
                        f -> f.setMaxProperties(2L),
                        "spec.labels: maxProperties was 3 and is 2"),
                onField(
                        "more properties",
                        "labels",
                        f -> f.setMinProperties(1L),
                        "spec.labels: minProperties was null and is 1"),
                onField(
                        "enum narrowed",
                        "mode",
                        f -> f.setEnum(List.of(new TextNode("A"))),
                        "spec.mode: enum has no \"B\" any more"),
                onField(
                        "new enum",
                        "note",
                        f -> f.setEnum(List.of(new TextNode("A"))),
                        "spec.note: only [\"A\"] is accepted now"),
                onField(
                        "default",
                        "mode",
                        f -> f.setDefault(new TextNode("B")),
                        "spec.mode: default was \"A\" and is \"B\""),
                onField("default removed", "mode", f -> f.setDefault(null), "spec.mode: default was \"A\" and is null"),
                onField(
                        "list type",
                        "items",
                        f -> f.setXKubernetesListType("atomic"),
                        "spec.items: x-kubernetes-list-type was map and is atomic"),
                onField(
                        "map keys",
                        "items",
                        f -> f.setXKubernetesListMapKeys(List.of("id")),
                        "spec.items: x-kubernetes-list-map-keys was [key] and is [id]"),
                onSpec("required", s -> s.setRequired(List.of("name", "note")), "spec: note is required now"),
                onSpec(
                        "new field that is required",
                        s -> {
                            s.getProperties().put("size", text());
                            s.setRequired(List.of("name", "size"));
                        },
                        "spec: size is required now"),
                onSpec(
                        "new rule",
                        s -> s.getXKubernetesValidations()
                                .add(new ValidationRuleBuilder()
                                        .withRule("self.count > 1")
                                        .build()),
                        "spec: the rule is new: self.count > 1"));
    }

    @ParameterizedTest
    @MethodSource("breaking")
    void aBreakIsSeenAndNamed(Change change) {
        assertThat(breaks(change.change())).containsExactly(change.said());
    }

    static Stream<Change> harmless() {
        return Stream.of(
                onSpec("new field", s -> s.getProperties().put("size", text()), ""),
                onSpec(
                        "new field that is required and filled in",
                        s -> {
                            s.getProperties()
                                    .put(
                                            "size",
                                            new JSONSchemaPropsBuilder(text())
                                                    .withDefault(new TextNode("L"))
                                                    .build());
                            s.setRequired(List.of("name", "size"));
                        },
                        ""),
                onSpec("no longer required", s -> s.setRequired(List.of()), ""),
                onSpec("a rule less", s -> s.setXKubernetesValidations(List.of()), ""),
                onSpec(
                        "another message",
                        s -> s.getXKubernetesValidations().getFirst().setMessage("no"),
                        ""),
                onField("longer", "name", f -> f.setMaxLength(11L), ""),
                onField("as long as it likes", "name", f -> f.setMaxLength(null), ""),
                onField("shorter", "name", f -> f.setMinLength(1L), ""),
                onField("no pattern", "name", f -> f.setPattern(null), ""),
                onField("null", "name", f -> f.setNullable(true), ""),
                onField("another description", "name", f -> f.setDescription("The name."), ""),
                onField("more choices", "mode", f -> f.getEnum().add(new TextNode("C")), ""),
                onField("every choice", "mode", f -> f.setEnum(null), ""),
                new Change(
                        "a new version",
                        c -> c.getSpec()
                                .setVersions(List.of(
                                        version(c),
                                        Serialization.clone(version(c))
                                                .edit()
                                                .withName("v1")
                                                .withStorage(false)
                                                .build())),
                        ""),
                new Change("a short name more", c -> c.getSpec().getNames().setShortNames(List.of("th", "thg")), ""));
    }

    @ParameterizedTest
    @MethodSource("harmless")
    void whatHarmsNobodyIsNoBreak(Change change) {
        assertThat(breaks(change.change())).isEmpty();
    }

    private static List<String> breaks(Consumer<CustomResourceDefinition> change) {
        CustomResourceDefinition released = Serialization.unmarshal(CRD, CustomResourceDefinition.class);
        CustomResourceDefinition now = Serialization.unmarshal(CRD, CustomResourceDefinition.class);
        change.accept(now);
        return CrdCompatibility.breaks(released, now);
    }

    private static Change onSpec(String name, Consumer<JSONSchemaProps> change, String said) {
        return new Change(name, c -> change.accept(spec(c)), said);
    }

    private static Change onField(String name, String field, Consumer<JSONSchemaProps> change, String said) {
        return new Change(
                field + ": " + name, c -> change.accept(spec(c).getProperties().get(field)), said);
    }

    private static JSONSchemaProps spec(CustomResourceDefinition crd) {
        Map<String, JSONSchemaProps> properties =
                version(crd).getSchema().getOpenAPIV3Schema().getProperties();
        return properties.get("spec");
    }

    private static CustomResourceDefinitionVersion version(CustomResourceDefinition crd) {
        return crd.getSpec().getVersions().getFirst();
    }

    private static JSONSchemaProps text() {
        return new JSONSchemaPropsBuilder().withType("string").build();
    }
}
