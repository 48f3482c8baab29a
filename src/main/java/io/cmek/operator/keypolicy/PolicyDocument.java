package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A key policy as KMS has it. Statements of others keep their JSON values, order and place. A document that is read and written again is JSON-equal
 * to the original (IAM User Guide, "Grammar of the IAM JSON policy language"). Equivalent documents are equal: see {@link CanonicalForm}.
 */
public final class PolicyDocument {

    /** Maximum size of a key policy document (KMS Developer Guide, "Quotas"). */
    public static final int MAX_BYTES = 32_768;

    /** The last character that a policy may contain unescaped (KMS API Reference, "PutKeyPolicy", Policy). Later ones are escaped. */
    private static final int LAST_CHARACTER = 0xFF;

    static final JsonMapper JSON = JsonMapper.builder(new JsonFactoryBuilder()
                    .highestNonEscapedChar(LAST_CHARACTER)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(64)
                            .maxDocumentLength(1_000_000)
                            .build())
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final DefaultPrettyPrinter PRETTY = new DefaultPrettyPrinter()
            .withSeparators(Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                    .withArrayEmptySeparator("")
                    .withObjectEmptySeparator(""))
            .withArrayIndenter(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE)
            .withObjectIndenter(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);

    private final ObjectNode root;
    private final Set<Integer> refusedCharacters;

    /** Lazy. A race may compute it twice, with the same result. */
    private @Nullable String canonical;

    private PolicyDocument(ObjectNode root, Set<Integer> refusedCharacters) {
        this.root = root;
        this.refusedCharacters = refusedCharacters;
    }

    /** The text is not a key policy. */
    public static final class UnreadablePolicyException extends Exception {
        private static final long serialVersionUID = 1L;

        UnreadablePolicyException(String message) {
            super(message);
        }
    }

    public static PolicyDocument parse(String text) throws UnreadablePolicyException {
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UnreadablePolicyException("it is not JSON: " + e.getOriginalMessage());
        } catch (NumberFormatException e) {
            // The exponent exceeds that of BigDecimal. Jackson does not wrap this exception.
            throw new UnreadablePolicyException("it has a number that cannot be read: " + e.getMessage());
        }
        if (!(node instanceof ObjectNode root)) {
            throw new UnreadablePolicyException("it is not a JSON object");
        }
        JsonNode statement = root.get("Statement");
        if (statement != null && !statement.isObject() && !statement.isArray()) {
            throw new UnreadablePolicyException("its Statement is neither an object nor a list");
        }
        if (statement instanceof ArrayNode list) {
            for (JsonNode element : list) {
                if (!element.isObject()) {
                    throw new UnreadablePolicyException("its Statement list has an element that is not an object");
                }
            }
        }
        return new PolicyDocument(
                root,
                text.codePoints()
                        .filter(c -> c > LAST_CHARACTER)
                        .boxed()
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** The characters that are unescaped in the text, and that KMS does not accept unescaped. */
    Set<Integer> refusedCharacters() {
        return refusedCharacters;
    }

    /** The statements in order. A single statement outside of a list counts as a list of one. */
    List<Statement> statements() {
        JsonNode statement = root.get("Statement");
        var statements = new ArrayList<Statement>();
        if (statement instanceof ObjectNode single) {
            statements.add(new Statement(0, single));
        } else if (statement instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                statements.add(new Statement(i, (ObjectNode) list.get(i)));
            }
        }
        return statements;
    }

    Optional<Statement> statement(String sid) {
        return statements().stream().filter(s -> sid.equals(s.sid())).findFirst();
    }

    /** The same document with these statements instead of its own. */
    PolicyDocument withStatements(List<ObjectNode> statements) {
        ObjectNode copy = root.deepCopy();
        ArrayNode list = JSON.createArrayNode();
        statements.forEach(s -> list.add(s.deepCopy()));
        copy.set("Statement", list);
        return new PolicyDocument(copy, refusedCharacters);
    }

    /** The same document with these statements after its own. */
    PolicyDocument plusStatements(List<ObjectNode> more) {
        var all = new ArrayList<ObjectNode>();
        statements().forEach(s -> all.add(s.json()));
        all.addAll(more);
        return withStatements(all);
    }

    /** The compact JSON text to send, with only the characters that KMS accepts. */
    public String text() {
        return write(JSON.writer(), root);
    }

    /** The indented JSON text, with only the characters that KMS accepts. */
    String prettyText() {
        return pretty(root);
    }

    static String pretty(JsonNode node) {
        return write(JSON.writer(PRETTY), node);
    }

    /** The same text for all equivalent documents. */
    String canonical() {
        String known = canonical;
        if (known == null) {
            known = CanonicalForm.ofDocument(root);
            canonical = known;
        }
        return known;
    }

    private static String write(ObjectWriter writer, JsonNode node) {
        try {
            return writer.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree cannot be written", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PolicyDocument that && canonical().equals(that.canonical());
    }

    @Override
    public int hashCode() {
        return canonical().hashCode();
    }

    @Override
    public String toString() {
        return text();
    }
}
