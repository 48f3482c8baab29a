package io.cmek.operator.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.awssdk.Operation;
import io.cmek.operator.docs.MarkdownPage.Block;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** docs/reference/iam-policy.md says what {@link Operation} says. */
class IamPolicyPageTest {

    private static final MarkdownPage PAGE = MarkdownPage.read(Path.of("docs", "reference", "iam-policy.md"));
    private static final ObjectMapper JSON = new ObjectMapper();

    /** No call of its own: what an AssumeRole needs beside {@code sts:AssumeRole} where the session has transitive tags. */
    private static final String TAGS = "sts:TagSession";

    private static final String KEY_POLICY = "The key's own policy";

    /** Which calls each policy of the page is for. */
    static final Map<String, Set<Operation>> OPERATIONS = Map.of(
            "Keys, Managed",
            EnumSet.of(Operation.DESCRIBE_KEY, Operation.GET_KEY_POLICY, Operation.PUT_KEY_POLICY),
            "Keys, Publish",
            EnumSet.of(Operation.DESCRIBE_KEY, Operation.GET_KEY_POLICY),
            "Buckets, Create",
            EnumSet.of(
                    Operation.GET_BUCKET_ENCRYPTION,
                    Operation.PUT_BUCKET_ENCRYPTION,
                    Operation.CREATE_BUCKET,
                    Operation.PUT_PUBLIC_ACCESS_BLOCK,
                    Operation.LIST_BUCKETS,
                    Operation.HEAD_BUCKET),
            "Buckets, Existing",
            EnumSet.of(
                    Operation.GET_BUCKET_ENCRYPTION,
                    Operation.PUT_BUCKET_ENCRYPTION,
                    Operation.LIST_BUCKETS,
                    Operation.HEAD_BUCKET),
            "Own credentials",
            EnumSet.of(Operation.GET_CALLER_IDENTITY),
            "Assuming roles",
            EnumSet.of(Operation.ASSUME_ROLE),
            "Events",
            EnumSet.of(Operation.RECEIVE_MESSAGE, Operation.DELETE_MESSAGE),
            "Probe role",
            EnumSet.of(Operation.GENERATE_DATA_KEY, Operation.DECRYPT));

    static final Set<String> SECTIONS = OPERATIONS.keySet();

    @ParameterizedTest
    @FieldSource("SECTIONS")
    void aPolicyAllowsWhatItsCallsNeedAndNothingElse(String section) throws JsonProcessingException {
        var needed = actions(OPERATIONS.get(section));
        if (section.equals("Assuming roles")) {
            needed.add(TAGS);
        }
        assertThat(actions(document(section))).isEqualTo(needed);
    }

    @Test
    void everyCallHasAPolicy() {
        assertThat(OPERATIONS.values().stream().flatMap(Set::stream)).contains(Operation.values());
    }

    @Test
    void theKeysOwnPolicyLetsTheOperatorManageIt() throws JsonProcessingException {
        JsonNode statement = document(KEY_POLICY);
        assertThat(statement.has("Principal")).isTrue();
        assertThat(actions(statement)).isEqualTo(actions(OPERATIONS.get("Keys, Managed")));
    }

    @Test
    void allElseIsAboutWhoMayAssumeARole() throws JsonProcessingException {
        for (Block block : PAGE.blocks("json")) {
            if (!OPERATIONS.containsKey(block.section()) && !block.section().equals(KEY_POLICY)) {
                JsonNode trust = JSON.readTree(block.text());
                assertThat(statements(trust)).as(block.section()).isNotEmpty().allMatch(s -> s.has("Principal"));
                assertThat(actions(trust))
                        .as(block.section())
                        .isSubsetOf("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", TAGS);
            }
        }
    }

    private static JsonNode document(String section) throws JsonProcessingException {
        List<Block> found = PAGE.blocks("json").stream()
                .filter(b -> b.section().equals(section))
                .toList();
        assertThat(found).as("the JSON of the section '%s'", section).hasSize(1);
        return JSON.readTree(found.getFirst().text());
    }

    private static Set<String> actions(Collection<Operation> operations) {
        return operations.stream().flatMap(o -> o.actions().stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> actions(JsonNode document) {
        return statements(document)
                .map(s -> s.path("Action"))
                .flatMap(action -> action.isArray() ? action.valueStream() : Stream.of(action))
                .map(JsonNode::textValue)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** A policy has a list of statements; what is shown for a key's policy is one of them. */
    private static Stream<JsonNode> statements(JsonNode document) {
        return document.has("Statement") ? document.get("Statement").valueStream() : Stream.of(document);
    }
}
