package io.cmek.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.cmek.operator.key.KeyArn;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every rule and every bound that a user can meet is tripped by a fixture; everything is bounded; everything is described.
 * What the fixtures expect is proven by {@link CrdFixturesIT}.
 */
class CrdCoverageTest {

    private static final List<Fixture> FIXTURES = Fixture.all();

    /** A place in the schema of one of the kinds. */
    record Place(String plural, SchemaNode node) {
        @Override
        public String toString() {
            return plural + " " + (node.path().isEmpty() ? "root" : node.dotted());
        }
    }

    static Stream<Place> places() {
        return CrdSource.generate().values().stream()
                .flatMap(crd -> SchemaNode.walk(crd.getSpec()
                                .getVersions()
                                .getFirst()
                                .getSchema()
                                .getOpenAPIV3Schema())
                        .map(node -> new Place(crd.getSpec().getNames().getPlural(), node)));
    }

    @TestFactory
    Stream<DynamicTest> everyRuleHasAFixtureThatTripsIt() {
        return places().flatMap(place -> place.node().schema().getXKubernetesValidations().stream()
                .map(rule -> DynamicTest.dynamicTest(
                        place + ": " + rule.getMessage(),
                        () -> assertTripped(place, field(place.node(), rule), line -> says(line, rule)))));
    }

    @TestFactory
    Stream<DynamicTest> everyBoundOfTheSpecHasAFixtureThatTripsIt() {
        return places().filter(place -> !place.node().path().isEmpty()
                        && place.node().path().getFirst().equals("spec"))
                .flatMap(place -> bounds(place.node())
                        .map(bound -> DynamicTest.dynamicTest(
                                place + ": " + bound.answer(),
                                () -> assertTripped(
                                        place, bound.field(), line -> line.contains(": " + bound.answer())))));
    }

    @ParameterizedTest
    @MethodSource("places")
    void everythingIsBounded(Place place) {
        JSONSchemaProps schema = place.node().schema();
        switch (schema.getType()) {
            case "string" ->
                assertThat(schema.getMaxLength() != null || !schema.getEnum().isEmpty())
                        .as("length of %s", place)
                        .isTrue();
            case "array" -> {
                assertThat(schema.getMaxItems()).as("items of %s", place).isNotNull();
                assertThat(schema.getXKubernetesListType())
                        .as("list type of %s", place)
                        .isIn("map", "set");
            }
            case "object" ->
                assertThat(schema.getAdditionalProperties() == null || schema.getMaxProperties() != null)
                        .as("entries of %s", place)
                        .isTrue();
            default -> assertThat(schema.getType()).isIn("integer", "boolean");
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void everyFieldIsDescribed(Place place) {
        if (!place.node().isItem()) {
            assertThat(place.node().schema().getDescription())
                    .as("description of %s", place)
                    .isNotNull()
                    .hasSizeGreaterThan(15)
                    .endsWith(".");
        }
    }

    /** Otherwise the API server would accept a key that the operator cannot read, or the other way round. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void theRuleForKeysAgreesWithTheOperatorsParser(Fixture fixture) {
        boolean refusedAsKey = fixture.expected().stream()
                .anyMatch(
                        line -> line.contains("must be the ARN of a KMS key") || line.contains("must not be an alias"));
        List<String> keys = Stream.of("dataBucketKeyID", "backupBucketKeyID")
                .flatMap(field -> fixture.documents().getLast().findValuesAsText(field).stream())
                .toList();
        if (fixture.isValid() || fixture.name().startsWith("invalid-update")) {
            assertThat(keys).allSatisfy(key -> assertThat(KeyArn.parse(key)).hasToString(key));
        } else if (refusedAsKey) {
            assertThat(keys)
                    .anySatisfy(key -> assertThatIllegalArgumentException().isThrownBy(() -> KeyArn.parse(key)));
        }
    }

    static List<Fixture> fixtures() {
        return FIXTURES;
    }

    /** Where the API server says that a bound was tripped, and the words with which it begins. */
    private record Bound(String field, String answer) {}

    private static Stream<Bound> bounds(SchemaNode node) {
        JSONSchemaProps schema = node.schema();
        String field = node.dotted();
        Stream<Bound> required =
                schema.getRequired().stream().map(name -> new Bound(field + "." + name, "Required value"));
        return Stream.concat(
                required,
                Stream.of(
                                schema.getMaxLength() == null ? null : new Bound(field, "Too long"),
                                schema.getMaxItems() == null ? null : new Bound(field, "Too many"),
                                schema.getMaxProperties() == null ? null : new Bound(field, "Too many"),
                                schema.getEnum().isEmpty() ? null : new Bound(field, "Unsupported value"),
                                "set".equals(schema.getXKubernetesListType())
                                        ? new Bound(field + "[]", "Duplicate value")
                                        : null)
                        .filter(Objects::nonNull));
    }

    private static void assertTripped(Place place, String field, Predicate<String> message) {
        Pattern at = Pattern.compile(
                Pattern.quote(field).replace("[]", "\\E(\\[[0-9]+]|[.][^:]+)\\Q") + ": .*", Pattern.DOTALL);
        assertThat(FIXTURES.stream()
                        .filter(fixture -> fixture.plural().equals(place.plural()))
                        .flatMap(fixture -> fixture.expected().stream())
                        .filter(line -> at.matcher(line).matches()))
                .as("what the fixtures of %s expect at %s", place.plural(), field)
                .anyMatch(message);
    }

    private static String field(SchemaNode node, ValidationRule rule) {
        String path = node.dotted() + (rule.getFieldPath() == null ? "" : rule.getFieldPath());
        return path.isEmpty() ? "<nil>" : path.replaceFirst("^[.]", "");
    }

    /** The literal parts of a message expression are those between its quotes. */
    private static boolean says(String line, ValidationRule rule) {
        if (rule.getMessageExpression() == null) {
            return line.contains(rule.getMessage());
        }
        String expression = rule.getMessageExpression();
        return line.contains(expression.substring(1, expression.indexOf("\" + (")))
                && line.contains(expression.substring(expression.lastIndexOf(") + \"") + 5, expression.length() - 1));
    }
}
