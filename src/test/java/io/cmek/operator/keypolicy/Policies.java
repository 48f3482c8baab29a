package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;
import org.jspecify.annotations.Nullable;

/**
 * Key policies as people write them and as KMS gives them back, in every shape that the grammar allows. Statements with Sids of the installation
 * {@link #OURS} are never among the foreign ones.
 */
final class Policies extends DomainContextBase {

    /** The installation under test; {@code ab} and {@code A} are others with similar ids. */
    static final PolicyMerge OURS = new PolicyMerge("a");

    static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");

    static final List<String> ROLES = List.of(
            "arn:aws:iam::111122223333:role/data-plane",
            "arn:aws:iam::111122223333:role/service/backup",
            "arn:aws:iam::444455556666:role/replicator",
            "arn:aws:iam::444455556666:user/operations",
            "arn:aws:iam::777788889999:root");

    private static final JsonNodeFactory JSON = JsonNodeFactory.withExactBigDecimals(true);

    /** A whole document, as its text. */
    record Text(String value) {
        @Override
        public String toString() {
            return value;
        }
    }

    @Provide
    Arbitrary<PolicyDocument> documents() {
        return roots().map(Policies::document);
    }

    @Provide
    Arbitrary<Text> texts() {
        return Combinators.combine(roots(), Arbitraries.of(true, false))
                .as((root, pretty) -> new Text(pretty ? root.toPrettyString() : root.toString()));
    }

    @Provide
    Arbitrary<AccessRequirements> grants() {
        Arbitrary<Set<String>> some = Arbitraries.of(ROLES).set().ofMinSize(0).ofMaxSize(3);
        return Combinators.combine(some, some, some, some)
                .as((use, grants, backup, replication) -> new AccessRequirements(Map.of(
                        StatementKind.DATA_USE, new TreeSet<>(use),
                        StatementKind.DATA_GRANTS, new TreeSet<>(grants),
                        StatementKind.BACKUP_USE, new TreeSet<>(backup),
                        StatementKind.REPLICATION_USE, new TreeSet<>(replication))));
    }

    /** Documents that have statements of ours already, somewhere among the others. */
    private static Arbitrary<ObjectNode> roots() {
        return Combinators.combine(
                        Arbitraries.of("2012-10-17", "2008-10-17", "2030-01-01", "", null),
                        Arbitraries.of("key-default-1", "", "Schlüssel \"ä\" \\ / \t", null),
                        statements().list().ofMinSize(0).ofMaxSize(6),
                        oursAmongThem(),
                        Arbitraries.randomValue(Policies::seeded),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false))
                .as((version, id, foreign, ours, random, single, statementFirst) -> {
                    ObjectNode root = JSON.objectNode();
                    var all = new ArrayList<ObjectNode>(foreign);
                    ours.forEach(s -> all.add(random.nextInt(all.size() + 1), s));
                    JsonNode statement = single && all.size() == 1
                            ? all.getFirst()
                            : JSON.arrayNode().addAll(all);
                    if (statementFirst) {
                        root.set("Statement", statement);
                    }
                    if (id != null) {
                        root.put("Id", id);
                    }
                    if (version != null) {
                        root.put("Version", version);
                    }
                    if (!statementFirst) {
                        root.set("Statement", statement);
                    }
                    return root;
                });
    }

    private static Arbitrary<List<ObjectNode>> oursAmongThem() {
        return Combinators.combine(
                        Arbitraries.of(StatementKind.class).set().ofMinSize(0).ofMaxSize(4),
                        Arbitraries.of(ROLES).set().ofMinSize(1).ofMaxSize(3),
                        Arbitraries.randomValue(Policies::seeded))
                .as((kinds, principals, random) -> kinds.stream()
                        .sorted()
                        .map(kind -> rewrite(ours(kind, principals), random))
                        .toList());
    }

    /** What the merge itself would have written. */
    static ObjectNode ours(StatementKind kind, Set<String> principals) {
        MergeResult result = OURS.grow(parse("{}"), AccessRequirements.of(kind, principals));
        return ((MergeResult.Write) result).document().statements().getFirst().json();
    }

    /** Statements of others that KMS accepts. */
    static Arbitrary<ObjectNode> statements() {
        return Combinators.combine(sids(), effects(), principals(), actions(), resources(), conditions(), orders())
                .as((sid, effect, principal, action, resource, condition, order) -> {
                    Map<String, Supplier<Map.@Nullable Entry<String, JsonNode>>> members = Map.of(
                            "Sid", () -> sid == null ? null : Map.entry("Sid", JSON.textNode(sid)),
                            "Effect", () -> Map.entry("Effect", JSON.textNode(effect)),
                            "Principal", () -> principal,
                            "Action", () -> action,
                            "Resource", () -> resource,
                            "Condition", () -> condition == null ? null : Map.entry("Condition", condition));
                    ObjectNode statement = JSON.objectNode();
                    for (String member : order) {
                        var entry = members.get(member).get();
                        if (entry != null) {
                            statement.set(entry.getKey(), entry.getValue());
                        }
                    }
                    return statement;
                });
    }

    private static Arbitrary<List<String>> orders() {
        return Arbitraries.shuffle("Sid", "Effect", "Principal", "Action", "Resource", "Condition");
    }

    private static Arbitrary<String> sids() {
        Arbitrary<String> otherInstallations = Combinators.combine(
                        Arbitraries.of("ab", "A", "b", "aDataUse", "", "default"), Arbitraries.of(StatementKind.class))
                .as((id, kind) -> kind.sid(id));
        return Arbitraries.oneOf(
                otherInstallations,
                Arbitraries.of(
                        "Enable IAM User Permissions",
                        "Allow use of the key",
                        "",
                        "Café \"crème\" \\ ÿ",
                        "CmekOperator",
                        "CmekOperatora",
                        "cmekoperatoraDataUse",
                        "CmekOperatoraDataUse2",
                        "xCmekOperatoraDataUse",
                        "AllowExternalAccount"),
                Arbitraries.just((String) null));
    }

    private static Arbitrary<String> effects() {
        return Arbitraries.of("Allow", "Allow", "Allow", "Deny");
    }

    private static Arbitrary<Map.Entry<String, JsonNode>> principals() {
        Arbitrary<JsonNode> arns = oneOrMany(Arbitraries.of(
                "arn:aws:iam::111122223333:root",
                "111122223333",
                "arn:aws:iam::111122223333:role/admin",
                "arn:aws:iam::111122223333:role/data-plane",
                "arn:aws:sts::111122223333:assumed-role/admin/session",
                "*"));
        Arbitrary<JsonNode> services = oneOrMany(
                Arbitraries.of("logs.us-east-1.amazonaws.com", "cloudtrail.amazonaws.com", "ec2.amazonaws.com"));
        Arbitrary<JsonNode> whole = Arbitraries.oneOf(
                Arbitraries.just((JsonNode) JSON.textNode("*")),
                arns.map(a -> JSON.objectNode().set("AWS", a)),
                services.map(s -> JSON.objectNode().set("Service", s)),
                Arbitraries.just(JSON.objectNode().put("Federated", "cognito-identity.amazonaws.com")),
                Combinators.combine(arns, services).as((a, s) -> {
                    ObjectNode both = JSON.objectNode();
                    both.set("Service", s);
                    both.set("AWS", a);
                    return both;
                }));
        return member(whole, "Principal", "Principal", "Principal", "NotPrincipal");
    }

    private static Arbitrary<Map.Entry<String, JsonNode>> actions() {
        return member(
                oneOrMany(Arbitraries.of(
                        "kms:*",
                        "*",
                        "kms:Decrypt",
                        "KMS:decrypt",
                        "kms:Describe*",
                        "kms:GenerateDataKey*",
                        "kms:?ncrypt")),
                "Action",
                "Action",
                "Action",
                "NotAction");
    }

    private static Arbitrary<Map.Entry<String, JsonNode>> resources() {
        return member(
                oneOrMany(Arbitraries.of("*", "*", KEY.toString(), "arn:aws:kms:*:111122223333:key/*")),
                "Resource",
                "Resource",
                "Resource",
                "NotResource");
    }

    /** Any operator, any key, any value: also those that nobody has thought of yet. */
    private static Arbitrary<ObjectNode> conditions() {
        Arbitrary<String> operators = Arbitraries.of(
                "StringEquals",
                "StringLike",
                "ForAnyValue:StringLike",
                "ForAllValues:StringEqualsIfExists",
                "Bool",
                "Null",
                "NumericLessThanEquals",
                "DateGreaterThan",
                "IpAddress",
                "ArnLike",
                "SomethingNew");
        Arbitrary<String> keys = Arbitraries.of(
                "kms:ViaService",
                "kms:CallerAccount",
                "kms:GrantIsForAWSResource",
                "kms:EncryptionContext:aws:logs:arn",
                "aws:PrincipalOrgID",
                "aws:SourceIp",
                "aws:PrincipalTag/Équipe");
        Arbitrary<JsonNode> values = Arbitraries.lazyOf(
                Policies::scalars,
                Policies::scalars,
                () -> scalars().list().ofMaxSize(3).map(list ->
                        (JsonNode) JSON.arrayNode().addAll(list)),
                () -> scalars().map(v -> (JsonNode)
                        JSON.objectNode().set("nested", JSON.arrayNode().add(v))));
        Arbitrary<ObjectNode> inner = Arbitraries.maps(keys, values)
                .ofMaxSize(2)
                .map(m -> (ObjectNode) JSON.objectNode().setAll(m));
        return Arbitraries.maps(operators, inner)
                .ofMaxSize(2)
                .map(m -> (ObjectNode) JSON.objectNode().setAll(m))
                .injectNull(0.5);
    }

    private static Arbitrary<JsonNode> scalars() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                                "s3.us-east-1.amazonaws.com",
                                "o-a1b2c3d4e5",
                                "",
                                "10.0.0.0/8",
                                "*",
                                "\u0007\t\"\\/",
                                "naïve")
                        .map(JSON::textNode),
                Arbitraries.strings()
                        .withCharRange('\u0000', '\u00ff')
                        .ofMaxLength(12)
                        .map(JSON::textNode),
                Arbitraries.of(true, false).map(JSON::booleanNode),
                Arbitraries.just(JSON.nullNode()),
                Arbitraries.integers().map(JSON::numberNode),
                Arbitraries.of(
                                new BigDecimal("0.1000"),
                                new BigDecimal("1E+400"),
                                new BigDecimal("-12345678901234567890.12345678901234567890"),
                                new BigDecimal(BigInteger.TWO.pow(200)))
                        .map(d -> JSON.numberNode(d)));
    }

    private static Arbitrary<JsonNode> oneOrMany(Arbitrary<String> texts) {
        return Arbitraries.oneOf(
                texts.map(JSON::textNode),
                texts.list().ofMinSize(1).ofMaxSize(4).map(list -> {
                    ArrayNode array = JSON.arrayNode();
                    list.forEach(array::add);
                    return array;
                }));
    }

    private static Arbitrary<Map.Entry<String, JsonNode>> member(Arbitrary<JsonNode> values, String... names) {
        return Combinators.combine(Arbitraries.of(names), values).as(Map::entry);
    }

    /** Another text for the same statement, as KMS may give it back: lists of one as strings, other orders, account ids as ARNs. */
    static ObjectNode rewrite(ObjectNode statement, Random random) {
        ObjectNode copy = statement.deepCopy();
        copy.set("Action", rewriteList(copy.get("Action"), random));
        if (copy.get("Principal") instanceof ObjectNode principal && principal.has("AWS")) {
            principal.set("AWS", rewriteList(principal.get("AWS"), random));
        }
        copy.set("Resource", random.nextBoolean() ? JSON.arrayNode().add("*") : JSON.textNode("*"));
        if (copy.has("Condition") && random.nextBoolean()) {
            copy.set(
                    "Condition",
                    JSON.objectNode()
                            .set(
                                    "Bool",
                                    JSON.objectNode()
                                            .set(
                                                    "kms:GrantIsForAWSResource",
                                                    random.nextBoolean()
                                                            ? JSON.booleanNode(true)
                                                            : JSON.arrayNode().add("true"))));
        }
        ObjectNode shuffled = JSON.objectNode();
        var names = new ArrayList<String>();
        copy.fieldNames().forEachRemaining(names::add);
        Collections.shuffle(names, random);
        names.forEach(name -> shuffled.set(name, copy.get(name)));
        return shuffled;
    }

    private static JsonNode rewriteList(JsonNode value, Random random) {
        var texts = new ArrayList<String>();
        if (value.isArray()) {
            value.forEach(e -> texts.add(e.textValue()));
        } else {
            texts.add(value.textValue());
        }
        Collections.shuffle(texts, random);
        texts.replaceAll(t -> t.equals("arn:aws:iam::777788889999:root") && random.nextBoolean() ? "777788889999" : t);
        if (texts.size() == 1 && random.nextBoolean()) {
            return JSON.textNode(texts.getFirst());
        }
        ArrayNode list = JSON.arrayNode();
        texts.forEach(list::add);
        return list;
    }

    /** What may differ between two texts that mean the same. */
    enum Freedom {
        /** What KMS does from read to read: lists in another order, and of one as their member; booleans and numbers as strings. */
        OF_KMS,
        /** What people do as well: names without case, an account by its id, members twice, statements in another order. */
        OF_PEOPLE
    }

    /** Another text for the same policy. */
    static PolicyDocument otherwise(PolicyDocument document, Freedom freedom, Random random) {
        ObjectNode root = (ObjectNode) json(document);
        boolean ofPeople = freedom == Freedom.OF_PEOPLE;
        var statements = new ArrayList<JsonNode>();
        document.statements().forEach(s -> statements.add(otherwise(s.json(), ofPeople, random)));
        if (ofPeople) {
            Collections.shuffle(statements, random);
        }
        root.set(
                "Statement",
                statements.size() == 1 && random.nextBoolean()
                        ? statements.getFirst()
                        : JSON.arrayNode().addAll(statements));
        return document(reordered(root, random));
    }

    private static ObjectNode otherwise(ObjectNode statement, boolean ofPeople, Random random) {
        ObjectNode copy = statement.deepCopy();
        for (String member : List.of("Action", "NotAction", "Resource", "NotResource")) {
            if (copy.has(member)) {
                boolean hasCase = member.endsWith("Resource");
                copy.set(
                        member,
                        list(copy.get(member), ofPeople, random, t -> ofPeople && !hasCase ? otherCase(t, random) : t));
            }
        }
        for (String member : List.of("Principal", "NotPrincipal")) {
            if (ofPeople && copy.path(member).asText().equals("*") && random.nextBoolean()) {
                copy.set(member, JSON.objectNode().put("AWS", "*"));
            } else if (copy.get(member) instanceof ObjectNode kinds) {
                kinds.properties()
                        .forEach(kind -> kind.setValue(list(
                                kind.getValue(),
                                ofPeople,
                                random,
                                t -> ofPeople && kind.getKey().equals("AWS") ? otherAccount(t, random) : t)));
                copy.set(member, reordered(kinds, random));
            }
        }
        if (copy.get("Condition") instanceof ObjectNode operators) {
            operators.properties().forEach(operator -> {
                ObjectNode keys = JSON.objectNode();
                operator.getValue()
                        .properties()
                        .forEach(key -> keys.set(
                                ofPeople ? otherCase(key.getKey(), random) : key.getKey(),
                                list(key.getValue(), ofPeople, random, t -> t)));
                operator.setValue(reordered(keys, random));
            });
            copy.set("Condition", reordered(operators, random));
        }
        return reordered(copy, random);
    }

    private static JsonNode list(JsonNode value, boolean twice, Random random, UnaryOperator<String> spelling) {
        var members = new ArrayList<JsonNode>();
        (value.isArray() ? value.valueStream() : Stream.of(value))
                .forEach(member -> members.add(scalar(member, random, spelling)));
        if (twice && !members.isEmpty() && random.nextBoolean()) {
            members.add(members.get(random.nextInt(members.size())));
        }
        Collections.shuffle(members, random);
        return members.size() == 1 && random.nextBoolean()
                ? members.getFirst()
                : JSON.arrayNode().addAll(members);
    }

    private static JsonNode scalar(JsonNode value, Random random, UnaryOperator<String> spelling) {
        if (value.isTextual()) {
            return JSON.textNode(spelling.apply(value.textValue()));
        }
        return value.isValueNode() && !value.isNull() && random.nextBoolean() ? JSON.textNode(value.asText()) : value;
    }

    private static ObjectNode reordered(ObjectNode object, Random random) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        Collections.shuffle(names, random);
        ObjectNode copy = JSON.objectNode();
        names.forEach(name -> copy.set(name, object.get(name)));
        return copy;
    }

    private static String otherCase(String text, Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> text.toUpperCase(Locale.ROOT);
            case 1 -> text.toLowerCase(Locale.ROOT);
            default -> text;
        };
    }

    private static String otherAccount(String principal, Random random) {
        if (random.nextBoolean()) {
            return principal;
        }
        return principal.matches("[0-9]{12}")
                ? "arn:aws:iam::" + principal + ":root"
                : principal.replaceFirst("^arn:aws:iam::([0-9]{12}):root$", "$1");
    }

    static PolicyDocument rewritten(PolicyDocument document, Random random) {
        return document.withStatements(document.statements().stream()
                .map(s -> isOurs(s) ? rewrite(s.json(), random) : s.json())
                .toList());
    }

    static boolean isOurs(Statement statement) {
        return kindOf(statement) != null;
    }

    static @Nullable StatementKind kindOf(Statement statement) {
        for (StatementKind kind : StatementKind.values()) {
            if (kind.sid(OURS.installationId()).equals(statement.sid())) {
                return kind;
            }
        }
        return null;
    }

    static List<ObjectNode> foreign(PolicyDocument document) {
        return document.statements().stream()
                .filter(s -> !isOurs(s))
                .map(Statement::json)
                .toList();
    }

    /** What our statements mean, whatever their text: principals (accounts by their id) and actions by kind. */
    static Map<StatementKind, List<Set<String>>> meaning(PolicyDocument document) {
        return document.statements().stream()
                .filter(Policies::isOurs)
                .collect(Collectors.toMap(
                        s -> kindOf(s),
                        s -> List.of(
                                (Set<String>) new TreeSet<>(s.awsPrincipals("Principal").stream()
                                        .map(p -> p.replaceFirst("^arn:aws:iam::([0-9]{12}):root$", "$1"))
                                        .toList()),
                                new TreeSet<>(s.strings("Action").stream()
                                        .map(String::toLowerCase)
                                        .toList()))));
    }

    static PolicyDocument parse(String text) {
        try {
            return PolicyDocument.parse(text);
        } catch (UnreadablePolicyException e) {
            throw new AssertionError("a test's own document is unreadable: " + text, e);
        }
    }

    static PolicyDocument document(ObjectNode root) {
        return parse(root.toString());
    }

    static JsonNode json(PolicyDocument document) {
        try {
            return JsonMapper.builder().build().readTree(document.text());
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** The document after the merge, where the merge found a way. */
    static PolicyDocument after(PolicyDocument before, MergeResult result) {
        return switch (result) {
            case MergeResult.InPlace() -> before;
            case MergeResult.Write(PolicyDocument document, List<String> sids) -> document;
            case MergeResult.Blocked(List<PolicyViolation> problems) ->
                throw new AssertionError("blocked: " + problems + " on " + before);
        };
    }

    private static Random seeded(Random random) {
        return new Random(random.nextLong());
    }
}
