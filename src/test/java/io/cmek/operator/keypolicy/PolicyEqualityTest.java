package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.keypolicy.Policies.Freedom;
import io.cmek.operator.keypolicy.PolicyMerge.Replay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Policies that mean the same are equal, others are not; and nothing that is done with a policy depends on how it is written. */
@Domain(Policies.class)
@Domain(net.jqwik.api.domains.DomainContext.Global.class)
class PolicyEqualityTest {

    private static final int TRIES = 250;
    private static final Path REAL = Path.of("src/test/resources/policies");
    private static final String NEWCOMER = "arn:aws:iam::999988887777:role/newcomer";

    private final PolicyMerge merge = Policies.OURS;

    @Property(tries = TRIES)
    void policiesThatMeanTheSameAreEqual(
            @ForAll PolicyDocument policy, @ForAll Freedom freedom, @ForAll Random random) {
        PolicyDocument other = Policies.otherwise(policy, freedom, random);

        assertThat(other).isEqualTo(policy).hasSameHashCodeAs(policy);
        assertThat(KeyPolicyText.of(other.text()))
                .isEqualTo(KeyPolicyText.of(policy.prettyText()))
                .hasSameHashCodeAs(KeyPolicyText.of(policy.text()));
    }

    @Property(tries = TRIES)
    void aPolicyThatWasChangedIsAnother(@ForAll PolicyDocument policy, @ForAll Random random) {
        for (PolicyDocument changed : changed(policy, random)) {
            assertThat(changed).isNotEqualTo(policy);
            PolicyDocument other = Policies.otherwise(changed, Freedom.OF_PEOPLE, random);
            assertThat(other).isEqualTo(changed).isNotEqualTo(policy);
            assertThat(KeyPolicyText.of(other.text())).isNotEqualTo(KeyPolicyText.of(policy.text()));
        }
    }

    @Property(tries = TRIES)
    void whatTheMergeMakesOfThemMeansTheSame(
            @ForAll PolicyDocument policy,
            @ForAll AccessRequirements wanted,
            @ForAll AccessRequirements released,
            @ForAll Freedom freedom,
            @ForAll Random random) {
        PolicyDocument other = Policies.otherwise(policy, freedom, random);

        assertThat(merge.grow(other, wanted)).isEqualTo(merge.grow(policy, wanted));
        assertThat(merge.release(other, released, wanted)).isEqualTo(merge.release(policy, released, wanted));
        assertThat(merge.losses(other, wanted)).isEqualTo(merge.losses(policy, wanted));
    }

    /** Their order would be another at each read, and so would be the message in the status. */
    @Property(tries = TRIES)
    void whatIsSaidOfThemIsTheSame(
            @ForAll PolicyDocument policy, @ForAll AccessRequirements wanted, @ForAll Random random) {
        PolicyDocument flawed = policy.plusStatements(
                Policies.parse("""
                {"Statement":[{"Sid":"Gone","Effect":"Allow","Principal":{"AWS":["AROAEXAMPLEROLEID0003","AROAEXAMPLEROLEID0001",\
                "AIDAEXAMPLEUSERID0002"]},"Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIp":["b","a"],\
                "aws:PrincipalOrgID":["c","d"]}}}]}""").statements().stream().map(Statement::json).toList());
        PolicyDocument other = Policies.otherwise(flawed, Freedom.OF_KMS, random);

        assertThat(merge.grow(other, wanted)).isEqualTo(merge.grow(flawed, wanted));
        assertThat(PolicyAccess.read(other, Policies.KEY, wanted))
                .isEqualTo(PolicyAccess.read(flawed, Policies.KEY, wanted));
    }

    @Property(tries = TRIES)
    void nothingIsRestoredOrReplayedThatIsThere(@ForAll PolicyDocument policy, @ForAll Random random) {
        PolicyDocument before = Policies.otherwise(policy, Freedom.OF_PEOPLE, random);
        PolicyDocument after = Policies.otherwise(policy, Freedom.OF_KMS, random);

        assertThat(merge.restore(before, after)).isSameAs(after);
        assertThat(merge.replay(before, policy, after)).isEqualTo(new Replay(after, List.of(), List.of()));
    }

    /** However often somebody's race takes it, and however KMS gives it back. */
    @Property(tries = TRIES)
    void whatIsRestoredOrReplayedIsSoOnce(
            @ForAll PolicyDocument base,
            @ForAll PolicyDocument theirs,
            @ForAll PolicyDocument now,
            @ForAll Random random) {
        PolicyDocument restored = merge.restore(base, now);
        assertThat(merge.restore(base, Policies.otherwise(restored, Freedom.OF_KMS, random)))
                .isEqualTo(restored);

        PolicyDocument replayed = merge.replay(base, theirs, now).policy();
        PolicyDocument again = Policies.otherwise(replayed, Freedom.OF_KMS, random);
        assertThat(merge.replay(Policies.otherwise(base, Freedom.OF_KMS, random), theirs, again)
                        .policy())
                .isEqualTo(replayed);
    }

    static Stream<Path> real() throws IOException {
        try (Stream<Path> files = Files.walk(REAL)) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("real")
    void realPoliciesAreEqualHoweverTheyComeAndGrowTheSame(Path file) throws IOException {
        PolicyDocument policy = Policies.parse(Files.readString(file));
        AccessRequirements wanted = AccessRequirements.of(StatementKind.DATA_USE, Policies.ROLES);
        MergeResult grown = merge.grow(policy, wanted);
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            PolicyDocument other = Policies.otherwise(policy, Freedom.OF_KMS, random);
            assertThat(other).isEqualTo(policy);
            assertThat(merge.grow(other, wanted)).isEqualTo(grown);
            for (PolicyDocument changed : changed(policy, random)) {
                assertThat(changed).isNotEqualTo(policy);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true  | 'Principal':{'AWS':['a','b','c']} | 'Principal':{'AWS':['c','a','b']}",
                "true  | 'Principal':{'AWS':['a']} | 'Principal':{'AWS':'a'}",
                "true  | 'Principal':{'AWS':['a','b','a']} | 'Principal':{'AWS':['b','a']}",
                "true  | 'Principal':'*' | 'Principal':{'AWS':['*']}",
                "false | 'Principal':'*' | 'Principal':{'Service':'*'}",
                "true  | 'Principal':{'AWS':'111122223333'} | 'Principal':{'AWS':'arn:aws:iam::111122223333:root'}",
                "true  | 'Principal':{'AWS':'111122223333'} | 'Principal':{'AWS':'arn:aws-us-gov:iam::111122223333:root'}",
                "true  | 'NotPrincipal':{'AWS':['111122223333','x']} | 'NotPrincipal':{'AWS':['x','arn:aws-cn:iam::111122223333:root']}",
                "false | 'Principal':{'AWS':'111122223333'} | 'Principal':{'AWS':'arn:aws:iam::111122223334:root'}",
                "false | 'Principal':{'AWS':'111122223333'} | 'Principal':{'AWS':'arn:aws:iam::111122223333:role/root'}",
                "false | 'Principal':{'AWS':'a'} | 'NotPrincipal':{'AWS':'a'}",
                "false | 'Principal':{'AWS':'a'} | 'Principal':{'Federated':'a'}",
                "false | 'Principal':{'AWS':[]} | 'Principal':{}",
                "false | 'Principal':{'AWS':'arn:aws:iam::1:role/a'} | 'Principal':{'AWS':'arn:aws:iam::1:role/A'}",
                "true  | 'Action':['kms:Decrypt','kms:Encrypt'] | 'Action':['KMS:ENCRYPT','kms:decrypt']",
                "false | 'Action':'kms:*' | 'Action':['kms:*','kms:Decrypt']",
                "false | 'Action':'kms:Decrypt' | 'NotAction':'kms:Decrypt'",
                "false | 'Resource':'arn:aws:kms:us-east-1:1:alias/a' | 'Resource':'arn:aws:kms:us-east-1:1:alias/A'",
                "true  | 'Condition':{'Bool':{'aws:x':true}} | 'Condition':{'Bool':{'AWS:X':['true']}}",
                "true  | 'Condition':{'NumericLessThan':{'aws:x':[7,8]}} | 'Condition':{'NumericLessThan':{'aws:x':['8','7']}}",
                "false | 'Condition':{'Bool':{'aws:x':true}} | 'Condition':{'Bool':{'aws:x':false}}",
                "false | 'Condition':{'Bool':{'aws:x':true}} | 'Condition':{'BoolIfExists':{'aws:x':true}}",
                "false | 'Condition':{'StringEquals':{'aws:x':'a'}} | 'Condition':{'StringEquals':{'aws:x':'A'}}",
                "false | 'Condition':{'StringEquals':{'aws:x':'111122223333'}} | 'Condition':{'StringEquals':{'aws:x':'arn:aws:iam::111122223333:root'}}",
                "false | 'Condition':{'StringEquals':{'aws:x':'a','AWS:X':'b'}} | 'Condition':{'StringEquals':{'aws:x':'b','AWS:X':'a'}}",
                "false | 'Condition':{'StringEquals':{'aws:x':['a','b']}} | 'Condition':{'StringEquals':{'aws:x':'a','AWS:X':'b'}}",
                "false | 'Condition':{'StringEquals':{'aws:x':null}} | 'Condition':{'StringEquals':{'aws:x':'null'}}",
                "false | 'Condition':{'StringEquals':{'aws:x':[]}} | 'Condition':{'StringEquals':{}}",
                "false | 'Condition':{'StringEquals':{'aws:x':'a,b'}} | 'Condition':{'StringEquals':{'aws:x':['a','b']}}",
                "false | 'Sid':'A' | 'Sid':'a'",
                "false | 'Sid':'' | 'Effect':'Allow'",
            })
    void statements(boolean same, String one, String other) {
        PolicyDocument first = Policies.parse(("{'Statement':[{" + one + "}]}").replace('\'', '"'));
        PolicyDocument second = Policies.parse(("{'Statement':{" + other + "}}").replace('\'', '"'));

        assertThat(first.equals(second)).isEqualTo(same);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true  | {'Version':'1','Statement':[{'Sid':'a'},{'Sid':'b'}]} | {'Statement':[{'Sid':'b'},{'Sid':'a'}],'Version':'1'}",
                "true  | {'Statement':[]} | {}",
                "false | {'Statement':[{'Sid':'a'},{'Sid':'a'}]} | {'Statement':[{'Sid':'a'}]}",
                "false | {'Version':'2012-10-17'} | {'Version':'2008-10-17'}",
                "false | {'Version':'2008-10-17'} | {}",
                "false | {'Id':'a'} | {'Id':'b'}",
            })
    void documents(boolean same, String one, String other) {
        assertThat(KeyPolicyText.of(one.replace('\'', '"')).equals(KeyPolicyText.of(other.replace('\'', '"'))))
                .isEqualTo(same);
    }

    @ParameterizedTest
    @CsvSource({"x,x,true", "x,y,false", "x,{},false", "'[]',{},false"})
    void whatNobodyCanReadIsEqualAsText(String one, String other, boolean same) {
        assertThat(KeyPolicyText.of(one).equals(KeyPolicyText.of(other))).isEqualTo(same);
    }

    /** KMS accepts the one and refuses the other: whoever mends that is to be heard. */
    @Test
    void aCharacterThatIsEscapedIsAnotherThanOneThatIsNot() {
        String escaped = "{\"Statement\":[{\"Sid\":\"\\u6771\"}]}";
        String raw = "{\"Statement\":[{\"Sid\":\"\u6771\"}]}";

        assertThat(KeyPolicyText.of(raw))
                .isEqualTo(KeyPolicyText.of(raw + " "))
                .isNotEqualTo(KeyPolicyText.of(escaped));
    }

    /** What differs from the policy in one thing that matters. */
    private static List<PolicyDocument> changed(PolicyDocument policy, Random random) {
        var changed = new ArrayList<PolicyDocument>();
        changed.add(policy.plusStatements(List.of(Policies.ours(StatementKind.DATA_USE, java.util.Set.of(NEWCOMER)))));
        for (String member : List.of("Version", "Id")) {
            ObjectNode root = (ObjectNode) Policies.json(policy);
            root.put(member, root.path(member).asText() + "x");
            changed.add(Policies.document(root));
        }
        if (policy.statements().isEmpty()) {
            return changed;
        }
        Statement chosen =
                policy.statements().get(random.nextInt(policy.statements().size()));
        changed.add(policy.plusStatements(List.of(chosen.json())));
        changed.add(policy.withStatements(policy.statements().stream()
                .filter(s -> s.index() != chosen.index())
                .map(Statement::json)
                .toList()));
        for (ObjectNode statement : changed(chosen.json())) {
            changed.add(policy.withStatements(policy.statements().stream()
                    .map(s -> s.index() == chosen.index() ? statement : s.json())
                    .toList()));
        }
        return changed;
    }

    private static List<ObjectNode> changed(ObjectNode statement) {
        var changed = new ArrayList<ObjectNode>();
        changed.add(statement.deepCopy().put("Sid", statement.path("Sid").asText() + "x"));
        changed.add(statement
                .deepCopy()
                .put("Effect", statement.path("Effect").asText().equals("Allow") ? "Deny" : "Allow"));
        for (String member : List.of("Action", "Resource", "Principal")) {
            for (String name : List.of(member, "Not" + member)) {
                if (!statement.has(name)) {
                    continue;
                }
                String opposite = name.equals(member) ? "Not" + member : member;
                ObjectNode turned = statement.deepCopy();
                turned.set(opposite, turned.remove(name));
                changed.add(turned);
                ObjectNode wider = statement.deepCopy();
                if (!member.equals("Principal")) {
                    wider.set(name, plus(wider.get(name), "kms:Newcomer"));
                    changed.add(wider);
                } else if (wider.get(name) instanceof ObjectNode kinds) {
                    kinds.properties().forEach(kind -> kind.setValue(plus(kind.getValue(), NEWCOMER)));
                    changed.add(wider);
                }
            }
        }
        if (statement.get("Condition") instanceof ObjectNode operators) {
            ObjectNode more = statement.deepCopy();
            more.withObject("/Condition").putObject("NewOperator").put("aws:x", "y");
            changed.add(more);
            for (String operator :
                    operators.propertyStream().map(java.util.Map.Entry::getKey).toList()) {
                ObjectNode renamed = statement.deepCopy();
                ObjectNode condition = (ObjectNode) renamed.get("Condition");
                condition.set(operator + "IfExists2", condition.remove(operator));
                changed.add(renamed);
                for (String key : operators
                        .get(operator)
                        .propertyStream()
                        .map(java.util.Map.Entry::getKey)
                        .toList()) {
                    ObjectNode other = statement.deepCopy();
                    ObjectNode keys = (ObjectNode) other.get("Condition").get(operator);
                    keys.set(key, plus(keys.get(key), "another value"));
                    changed.add(other);
                }
            }
        }
        return changed;
    }

    private static JsonNode plus(JsonNode value, String more) {
        ArrayNode list = PolicyDocument.JSON.createArrayNode();
        (value.isArray() ? value.valueStream() : Stream.of(value)).forEach(list::add);
        return list.add(more);
    }
}
