package io.cmek.operator.crd;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionNames;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The reference page of the API, as Markdown, out of the CRDs. */
final class ApiReference {

    private final StringBuilder page = new StringBuilder();

    private ApiReference() {}

    static String of(Collection<CustomResourceDefinition> crds) {
        ApiReference reference = new ApiReference();
        reference.line("<!-- Generated from the CRDs: `make crds` writes it again. -->");
        reference.line("# API reference");
        reference.line("");
        reference.line(
                "Group `cmek.io`, version `v1alpha1`. Both kinds live in a namespace. `kubectl explain workgroup.spec` says the"
                        + " same in the terminal.");
        reference.line("");
        List<CustomResourceDefinition> kinds = crds.stream()
                .sorted(Comparator.comparing(
                        crd -> !crd.getSpec().getNames().getKind().equals("Workgroup")))
                .toList();
        kinds.forEach(crd -> reference.line("- [%1$s](#%2$s): [spec](#%2$sspec), [status](#%2$sstatus)"
                .formatted(crd.getSpec().getNames().getKind(), anchor(crd))));
        kinds.forEach(reference::kind);
        return reference.page.toString();
    }

    private void kind(CustomResourceDefinition crd) {
        CustomResourceDefinitionNames names = crd.getSpec().getNames();
        CustomResourceDefinitionVersion version = crd.getSpec().getVersions().getFirst();
        JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
        line("");
        line("## " + names.getKind());
        line("");
        line(text(schema.getDescription()));
        line("");
        line("`kubectl get %s`, or short `kubectl get %s`; `kubectl get cmek` lists both kinds."
                .formatted(names.getPlural(), names.getShortNames().getFirst()));
        line("");
        line("| column | what it shows |");
        line("|---|---|");
        for (CustomResourceColumnDefinition column : version.getAdditionalPrinterColumns()) {
            line("| %s%s | %s |"
                    .formatted(
                            column.getName(),
                            column.getPriority() > 0 ? " (`-o wide`)" : "",
                            cell(column.getDescription())));
        }
        rules(schema);
        String kind = names.getKind();
        object(kind, "spec", schema.getProperties().get("spec"));
        object(kind, "status", schema.getProperties().get("status"));
    }

    /** A section for the object, and one for each object below it. */
    private void object(String kind, String path, JSONSchemaProps schema) {
        line("");
        line("### " + kind + "." + path);
        line("");
        if (schema.getDescription() != null) {
            line(text(schema.getDescription()));
            line("");
        }
        line("| field | type | default | description |");
        line("|---|---|---|---|");
        Set<String> required = Set.copyOf(schema.getRequired());
        for (Map.Entry<String, JSONSchemaProps> field : schema.getProperties().entrySet()) {
            String below = path + "." + field.getKey();
            JSONSchemaProps property = field.getValue();
            boolean hasSection = hasFields(property) || isListOfObjects(property);
            String name = "`" + field.getKey() + "`";
            line("| %s | %s | %s | %s |"
                    .formatted(
                            hasSection
                                    ? "[" + name + "](#" + anchor(kind + "." + section(below, property)) + ")"
                                    : name,
                            type(property),
                            presence(property, required.contains(field.getKey())),
                            cell(hasSection ? firstSentence(property.getDescription()) : property.getDescription())));
        }
        rules(schema);
        for (Map.Entry<String, JSONSchemaProps> field : schema.getProperties().entrySet()) {
            JSONSchemaProps property = field.getValue();
            String below = section(path + "." + field.getKey(), property);
            if (hasFields(property)) {
                object(kind, below, property);
            } else if (isListOfObjects(property)) {
                object(kind, below, property.getItems().getSchema());
            }
        }
    }

    private void rules(JSONSchemaProps schema) {
        if (!schema.getXKubernetesValidations().isEmpty()) {
            line("");
            line("Refused by the API server, where '…' is the value:");
            line("");
            for (ValidationRule rule : schema.getXKubernetesValidations()) {
                line("- " + text(message(rule)));
            }
        }
    }

    private void line(String text) {
        page.append(text).append('\n');
    }

    private static String section(String path, JSONSchemaProps property) {
        return isListOfObjects(property) ? path + "[]" : path;
    }

    private static String type(JSONSchemaProps schema) {
        List<String> parts = new ArrayList<>();
        switch (schema.getType()) {
            case "array" -> {
                String kindOfList = "set".equals(schema.getXKubernetesListType())
                        ? "set"
                        : "list by `" + String.join("`, `", schema.getXKubernetesListMapKeys()) + "`";
                parts.add(kindOfList + " of " + itemType(schema.getItems().getSchema()));
                parts.add("at most " + schema.getMaxItems());
            }
            case "object" -> {
                if (schema.getAdditionalProperties() == null) {
                    parts.add("object");
                } else {
                    parts.add("map of "
                            + itemType(schema.getAdditionalProperties().getSchema()));
                    parts.add("at most " + schema.getMaxProperties());
                }
            }
            case "string" -> {
                if (schema.getEnum().isEmpty()) {
                    parts.add(schema.getFormat() == null ? "string" : schema.getFormat());
                } else {
                    parts.add(schema.getEnum().stream()
                            .map(value -> "`" + value.asText() + "`")
                            .collect(Collectors.joining(" \\| ")));
                }
                if (schema.getMaxLength() != null && schema.getFormat() == null) {
                    parts.add("at most " + schema.getMaxLength() + " characters");
                }
            }
            default -> parts.add(schema.getType());
        }
        return String.join(", ", parts);
    }

    private static String itemType(JSONSchemaProps schema) {
        return schema.getMaxLength() == null
                ? type(schema)
                : schema.getType() + " (at most " + schema.getMaxLength() + " characters)";
    }

    private static String presence(JSONSchemaProps schema, boolean required) {
        if (required) {
            return "required";
        }
        return schema.getDefault() == null
                ? ""
                : "default `" + schema.getDefault().asText() + "`";
    }

    private static boolean hasFields(JSONSchemaProps schema) {
        return schema.getProperties() != null && !schema.getProperties().isEmpty();
    }

    private static boolean isListOfObjects(JSONSchemaProps schema) {
        return schema.getItems() != null && hasFields(schema.getItems().getSchema());
    }

    private static String cell(String text) {
        return text(text).replace("|", "\\|");
    }

    /** What the user sees, with … in place of the values. */
    private static String message(ValidationRule rule) {
        return rule.getMessageExpression() == null
                ? rule.getMessage()
                : rule.getMessageExpression()
                        .substring(1, rule.getMessageExpression().length() - 1)
                        .replaceAll("\" \\+ \\(.*?\\) \\+ \"", "…");
    }

    /** A pointed bracket is HTML in Markdown, but not between backticks. */
    private static String text(String text) {
        String[] parts = text.split("`", -1);
        for (int i = 0; i < parts.length; i += 2) {
            parts[i] = parts[i].replace("<", "&lt;");
        }
        return String.join("`", parts);
    }

    private static String firstSentence(String description) {
        int end = description.indexOf(". ");
        return end < 0 ? description : description.substring(0, end + 1);
    }

    private static String anchor(CustomResourceDefinition crd) {
        return anchor(crd.getSpec().getNames().getKind());
    }

    /** As GitHub makes it out of a heading. */
    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "");
    }
}
