package io.cmek.operator.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;

/** JSON without the order of the members of its lists, for AWS gives them in another one each time, and so they are written back. */
public final class Unordered {

    private Unordered() {}

    /** The same with each list sorted. */
    public static JsonNode of(JsonNode json) {
        return switch (json) {
            case ObjectNode object -> {
                ObjectNode copy = JsonNodeFactory.instance.objectNode();
                object.propertyStream().forEach(member -> copy.set(member.getKey(), of(member.getValue())));
                yield copy;
            }
            case ArrayNode list -> {
                ArrayNode copy = JsonNodeFactory.instance.arrayNode();
                list.valueStream()
                        .map(Unordered::of)
                        .sorted(Comparator.comparing(JsonNode::toString))
                        .forEach(copy::add);
                yield copy;
            }
            default -> json;
        };
    }
}
