package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Canonical text of a policy or statement. Two policies, or two statements, have the same text if and only if they are equivalent.
 *
 * <p>KMS returns a policy in another form than it was sent. List members change their order with each read (aws-cli 9456, terraform-provider-aws
 * 39788). A list of one becomes its member, and booleans and numbers become strings.
 *
 * <p>The other rules are from the IAM User Guide. The order of statements has no meaning. An account id and the ARN of its root are the same
 * principal, and so are {@code "*"} and {@code {"AWS": "*"}} ("AWS JSON policy elements: Principal"). Actions and the names of condition keys are
 * case-insensitive ("IAM JSON policy elements: Action" and "Condition"). All other differences count, including {@code Version}, {@code Id} and
 * {@code Sid}.
 *
 * <p>An account id does not say its partition. It need not, because all principals of a key policy are in the partition of the key.
 */
final class CanonicalForm {

    private static final String ANY_PRINCIPAL = "{\"AWS\":\"*\"}";

    private CanonicalForm() {}

    static String ofDocument(ObjectNode document) {
        var members = new TreeMap<String, String>();
        var statements = new ArrayList<String>();
        document.propertyStream().forEach(member -> {
            if (!member.getKey().equals("Statement")) {
                members.put(member.getKey(), value(member.getValue()));
            } else if (member.getValue() instanceof ObjectNode single) {
                statements.add(ofStatement(single));
            } else {
                member.getValue().forEach(s -> statements.add(ofStatement((ObjectNode) s)));
            }
        });
        statements.sort(null);
        members.put("Statement", list(statements));
        return object(members);
    }

    static String ofStatement(ObjectNode statement) {
        var members = new TreeMap<String, String>();
        statement
                .propertyStream()
                .forEach(member -> members.put(
                        member.getKey(),
                        switch (member.getKey()) {
                            case "Principal", "NotPrincipal" -> principals(member.getValue());
                            case "Action", "NotAction" -> value(member.getValue(), CanonicalForm::withoutCase);
                            case "Condition" -> condition(member.getValue());
                            default -> value(member.getValue());
                        }));
        return object(members);
    }

    private static String principals(JsonNode principals) {
        if (principals.isTextual() && principals.textValue().equals("*")) {
            return ANY_PRINCIPAL;
        }
        if (!(principals instanceof ObjectNode kinds)) {
            return value(principals);
        }
        return object(mapped(
                kinds,
                kind -> kind.getKey().equals("AWS")
                        ? value(kind.getValue(), Statement::canonical)
                        : value(kind.getValue())));
    }

    static String condition(JsonNode condition) {
        if (!(condition instanceof ObjectNode operators)) {
            return value(condition);
        }
        return object(mapped(
                operators,
                operator -> operator.getValue() instanceof ObjectNode keys
                        ? object(withoutCase(mapped(keys, key -> value(key.getValue()))))
                        : value(operator.getValue())));
    }

    /** No source says whether keys of one operator that differ only in case mean "and" or "or". So these keep their case. */
    private static Map<String, String> withoutCase(Map<String, String> keys) {
        var names = new TreeSet<String>();
        if (!keys.keySet().stream().allMatch(key -> names.add(withoutCase(key)))) {
            return keys;
        }
        var plain = new TreeMap<String, String>();
        keys.forEach((key, value) -> plain.put(withoutCase(key), value));
        return plain;
    }

    private static String withoutCase(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private static Map<String, String> mapped(ObjectNode object, Function<Map.Entry<String, JsonNode>, String> value) {
        var members = new TreeMap<String, String>();
        object.propertyStream().forEach(member -> members.put(member.getKey(), value.apply(member)));
        return members;
    }

    private static String value(JsonNode node) {
        return value(node, UnaryOperator.identity());
    }

    /** @param spelling maps equivalent texts to one text */
    private static String value(JsonNode node, UnaryOperator<String> spelling) {
        return switch (node) {
            case ObjectNode object -> object(mapped(object, member -> value(member.getValue(), spelling)));
            case ArrayNode array -> {
                var set = new TreeSet<String>();
                array.forEach(member -> set.add(value(member, spelling)));
                yield set.size() == 1 ? set.first() : list(set);
            }
            case JsonNode nothing when nothing.isNull() -> "null";
            default -> quoted(spelling.apply(node.asText()));
        };
    }

    private static String list(Collection<String> values) {
        return "[" + String.join(",", values) + "]";
    }

    private static String object(Map<String, String> members) {
        return members.entrySet().stream()
                .map(member -> quoted(member.getKey()) + ":" + member.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }
}
