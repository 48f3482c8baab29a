package io.cmek.operator.crd;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionNames;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What would break those who use a CRD as it was released: a manifest or a stored object that was valid and is no longer, and a field that
 * somebody reads and that is gone. Kubernetes documentation, "Versions in CustomResourceDefinitions", and its API change guide.
 */
final class CrdCompatibility {

    private final List<String> breaks = new ArrayList<>();

    private CrdCompatibility() {}

    /** @return a sentence for each break, none where everybody can go on as before */
    static List<String> breaks(CustomResourceDefinition released, CustomResourceDefinition now) {
        var comparison = new CrdCompatibility();
        comparison.compareNames(released, now);
        comparison.compareVersions(released, now);
        return comparison.breaks;
    }

    private void compareNames(CustomResourceDefinition released, CustomResourceDefinition now) {
        CustomResourceDefinitionNames before = released.getSpec().getNames();
        CustomResourceDefinitionNames after = now.getSpec().getNames();
        same("group", released.getSpec().getGroup(), now.getSpec().getGroup());
        same("scope", released.getSpec().getScope(), now.getSpec().getScope());
        same("names.kind", before.getKind(), after.getKind());
        same("names.plural", before.getPlural(), after.getPlural());
        same("names.singular", before.getSingular(), after.getSingular());
        kept("names.shortNames", before.getShortNames(), after.getShortNames());
        kept("names.categories", before.getCategories(), after.getCategories());
    }

    private void compareVersions(CustomResourceDefinition released, CustomResourceDefinition now) {
        Map<String, CustomResourceDefinitionVersion> after = now.getSpec().getVersions().stream()
                .collect(Collectors.toMap(CustomResourceDefinitionVersion::getName, v -> v));
        for (CustomResourceDefinitionVersion before : released.getSpec().getVersions()) {
            String name = before.getName();
            CustomResourceDefinitionVersion version = after.get(name);
            if (version == null) {
                breaks.add("the version " + name + " is gone");
                continue;
            }
            if (before.getServed() && !version.getServed()) {
                breaks.add("the version " + name + " is no longer served");
            }
            if (before.getStorage() && !version.getStorage()) {
                breaks.add("the version " + name + " is no longer the stored one: what is stored has to be converted");
            }
            if (hasStatus(before) && !hasStatus(version)) {
                breaks.add("the version " + name + " has no subresource status any more");
            }
            compareSchemas(
                    before.getSchema().getOpenAPIV3Schema(), version.getSchema().getOpenAPIV3Schema());
        }
    }

    private static boolean hasStatus(CustomResourceDefinitionVersion version) {
        return version.getSubresources() != null && version.getSubresources().getStatus() != null;
    }

    private void compareSchemas(JSONSchemaProps released, JSONSchemaProps now) {
        Map<String, JSONSchemaProps> after =
                SchemaNode.walk(now).collect(Collectors.toMap(SchemaNode::dotted, SchemaNode::schema));
        SchemaNode.walk(released).forEach(node -> {
            JSONSchemaProps schema = after.get(node.dotted());
            if (schema == null) {
                // Its parent's absence says it for all below.
                if (node.path().isEmpty() || after.containsKey(parent(node))) {
                    breaks.add(node.dotted() + " is gone");
                }
            } else {
                compare(node.dotted().isEmpty() ? "the object" : node.dotted(), node.schema(), schema);
            }
        });
    }

    private static String parent(SchemaNode node) {
        return new SchemaNode(node.path().subList(0, node.path().size() - 1), node.schema()).dotted();
    }

    private void compare(String path, JSONSchemaProps before, JSONSchemaProps after) {
        same(path + ": type", before.getType(), after.getType());
        same(path + ": x-kubernetes-list-type", before.getXKubernetesListType(), after.getXKubernetesListType());
        same(
                path + ": x-kubernetes-list-map-keys",
                before.getXKubernetesListMapKeys(),
                after.getXKubernetesListMapKeys());
        same(path + ": default", before.getDefault(), after.getDefault());
        sameOrLess(path + ": format", before.getFormat(), after.getFormat());
        sameOrLess(path + ": pattern", before.getPattern(), after.getPattern());
        if (Boolean.TRUE.equals(before.getNullable()) && !Boolean.TRUE.equals(after.getNullable())) {
            breaks.add(path + ": null is refused now");
        }
        notLess(path + ": maxLength", before.getMaxLength(), after.getMaxLength());
        notLess(path + ": maxItems", before.getMaxItems(), after.getMaxItems());
        notLess(path + ": maxProperties", before.getMaxProperties(), after.getMaxProperties());
        notLess(path + ": maximum", before.getMaximum(), after.getMaximum());
        notMore(path + ": minLength", before.getMinLength(), after.getMinLength());
        notMore(path + ": minItems", before.getMinItems(), after.getMinItems());
        notMore(path + ": minProperties", before.getMinProperties(), after.getMinProperties());
        notMore(path + ": minimum", before.getMinimum(), after.getMinimum());
        compareEnums(path, before.getEnum(), after.getEnum());
        compareRequired(path, before, after);
        added(
                path + ": the rule",
                before.getXKubernetesValidations(),
                after.getXKubernetesValidations(),
                ValidationRule::getRule);
    }

    private void compareEnums(String path, @Nullable List<JsonNode> before, @Nullable List<JsonNode> after) {
        List<JsonNode> wereAllowed = orNone(before);
        List<JsonNode> areAllowed = orNone(after);
        if (wereAllowed.isEmpty() && !areAllowed.isEmpty()) {
            breaks.add(path + ": only " + areAllowed + " is accepted now");
        } else if (!areAllowed.isEmpty()) {
            kept(path + ": enum", wereAllowed, areAllowed);
        }
    }

    private void compareRequired(String path, JSONSchemaProps before, JSONSchemaProps after) {
        for (String name : orNone(after.getRequired())) {
            boolean wasRequired = orNone(before.getRequired()).contains(name);
            boolean isFilledIn = after.getProperties() != null
                    && after.getProperties().get(name) != null
                    && after.getProperties().get(name).getDefault() != null;
            if (!wasRequired && !isFilledIn) {
                breaks.add(path + ": " + name + " is required now");
            }
        }
    }

    private void same(String what, @Nullable Object before, @Nullable Object after) {
        if (!Objects.equals(before, after)) {
            breaks.add("%s was %s and is %s".formatted(what, before, after));
        }
    }

    /** What was said may be left out, but nothing else may be said. */
    private void sameOrLess(String what, @Nullable String before, @Nullable String after) {
        if (after != null) {
            same(what, before, after);
        }
    }

    private void notLess(String what, @Nullable Number before, @Nullable Number after) {
        if (after != null && (before == null || after.doubleValue() < before.doubleValue())) {
            breaks.add("%s was %s and is %s".formatted(what, before, after));
        }
    }

    private void notMore(String what, @Nullable Number before, @Nullable Number after) {
        if (after != null && (before == null ? after.doubleValue() > 0 : after.doubleValue() > before.doubleValue())) {
            breaks.add("%s was %s and is %s".formatted(what, before, after));
        }
    }

    private <T> void kept(String what, @Nullable Collection<T> before, @Nullable Collection<T> after) {
        orNone(before).stream()
                .filter(item -> !orNone(after).contains(item))
                .forEach(item -> breaks.add(what + " has no " + item + " any more"));
    }

    private <T> void added(String what, @Nullable List<T> before, @Nullable List<T> after, Function<T, String> text) {
        List<String> known = orNone(before).stream().map(text).toList();
        orNone(after).stream()
                .map(text)
                .filter(rule -> !known.contains(rule))
                .forEach(rule -> breaks.add(what + " is new: " + rule));
    }

    private static <T> List<T> orNone(@Nullable Collection<T> items) {
        return items == null ? List.of() : List.copyOf(items);
    }
}
