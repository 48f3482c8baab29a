package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.Wildcards;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The values that condition keys can have in a role's calls with a key, and whether they can be absent. So some conditions hold for all of these
 * calls, and some for none. The policy alone does not resolve the others (IAM User Guide, "IAM JSON policy elements: Condition operators" and "AWS
 * global condition context keys"; KMS Developer Guide, "AWS KMS condition keys").
 */
final class RequestContext {

    /** The calls for which a condition holds. */
    enum Holds {
        ALWAYS,
        NEVER,
        PERHAPS
    }

    private static final Pattern IDENTITY =
            Pattern.compile("arn:aws[a-z0-9-]*:iam::([0-9]{12}):(root|role/.+|user/.+)");

    /** The partitions whose service names are documented. */
    private static final Set<String> PARTITIONS = Set.of("aws", "aws-us-gov");

    /** Name of the role that EBS attaches volumes with (EBS User Guide, "Permissions for instances"). */
    static final String EBS = "aws:ec2-infrastructure";

    private static final String PRINCIPAL_ARN = "aws:principalarn";

    /** Condition keys with one value for all calls of an account with a key. In lower case. */
    private static final Set<String> OF_ACCOUNT = Set.of(
            "kms:calleraccount",
            "aws:principalaccount",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:resourceaccount",
            "aws:resourceorgid",
            "aws:resourceorgpaths");

    /** Condition keys with one value for all calls of a role. In lower case. */
    private static final Set<String> OF_ROLE =
            Set.of(PRINCIPAL_ARN, "aws:principaltype", "aws:principalisawsservice", "aws:principalservicename");

    /** Other condition keys with one value for all calls of a session, apart from tags. In lower case. */
    private static final Set<String> OF_SESSION = Set.of(
            "aws:userid",
            "aws:username",
            "aws:sourceidentity",
            "aws:tokenissuetime",
            "aws:multifactorauthpresent",
            "aws:multifactorauthage",
            "ec2:sourceinstancearn",
            "aws:ec2instancesourcevpc",
            "aws:ec2instancesourceprivateipv4");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^},]+)");

    private static final Pattern INSTANCE = Pattern.compile("i-[0-9a-f]+");

    /** An instance id that no statement names. */
    private static final String SOME_INSTANCE = "i-0e7a5f1c93b2d4860";

    private static final String IF_EXISTS = "IfExists";

    /** Condition keys in lower case, with all possible values. An empty value stands for an absent key. */
    private final Map<String, List<Optional<String>>> possible;

    private RequestContext(Map<String, List<Optional<String>>> possible) {
        this.possible = possible;
    }

    /** Context of a principal's calls with the key. They are direct, or through the services that encrypt with it: S3 and, for EBS, EC2. */
    static RequestContext of(KeyArn key, StatementKind kind, String principal) {
        var possible = new TreeMap<String, List<Optional<String>>>();
        Matcher identity = IDENTITY.matcher(principal);
        if (identity.matches()) {
            possible.put("kms:calleraccount", List.of(Optional.of(identity.group(1))));
            possible.put("aws:principalaccount", List.of(Optional.of(identity.group(1))));
            if (!identity.group(2).equals("root")) {
                possible.put("aws:principalarn", List.of(Optional.of(principal)));
            }
        }
        possible.put("aws:principalisawsservice", List.of(Optional.of("false")));
        // Absent in calls that services make for a role.
        possible.put("aws:securetransport", List.of(Optional.of("true"), Optional.empty()));
        boolean grants = kind.onlyForAwsResources();
        possible.put("kms:grantisforawsresource", List.of(grants ? Optional.of("true") : Optional.empty()));
        if (PARTITIONS.contains(key.partition())) {
            String ofRegion = "." + key.region() + ".amazonaws.com";
            possible.put(
                    "kms:viaservice",
                    grants
                            ? List.of(Optional.of("ec2" + ofRegion))
                            : List.of(Optional.of("ec2" + ofRegion), Optional.of("s3" + ofRegion), Optional.empty()));
        }
        return new RequestContext(possible);
    }

    /**
     * Context of the calls with which EBS attaches a volume: EC2 decrypts with the key, through a KMS grant.
     *
     * @param role ARN of the role, with or without an instance id
     */
    static RequestContext ofVolumes(KeyArn key, String account, String role) {
        var possible = new TreeMap<String, List<Optional<String>>>();
        possible.put("kms:calleraccount", List.of(Optional.of(account)));
        possible.put("aws:principalaccount", List.of(Optional.of(account)));
        possible.put(PRINCIPAL_ARN, List.of(Optional.of(role)));
        possible.put("aws:principalisawsservice", List.of(Optional.of("false")));
        possible.put("aws:securetransport", List.of(Optional.of("true"), Optional.empty()));
        possible.put("kms:grantisforawsresource", List.of(Optional.empty()));
        if (PARTITIONS.contains(key.partition())) {
            // It is not documented whether a call through a grant has it.
            possible.put(
                    "kms:viaservice", List.of(Optional.of("ec2." + key.region() + ".amazonaws.com"), Optional.empty()));
        }
        return new RequestContext(possible);
    }

    /** Instance ids that a condition on the caller's ARN can tell apart: those that it names, one for each pattern, and another one. */
    static Set<String> instances(@Nullable JsonNode condition) {
        var instances = new TreeSet<String>();
        instances.add(SOME_INSTANCE);
        if (condition != null) {
            condition
                    .valueStream()
                    .flatMap(JsonNode::propertyStream)
                    .filter(key -> key.getKey().equalsIgnoreCase(PRINCIPAL_ARN))
                    .flatMap(key -> texts(key.getValue()).stream())
                    // An id that matches the pattern: digits for the wildcards.
                    .map(arn -> arn.substring(arn.lastIndexOf('/') + 1)
                            .replace('*', '0')
                            .replace('?', '0'))
                    .filter(id -> INSTANCE.matcher(id).matches())
                    .forEach(instances::add);
        }
        return instances;
    }

    /** The calls for which a condition has one result, as far as the result is not known beforehand. */
    ConditionScope alike(@Nullable JsonNode condition) {
        if (condition == null || !condition.isObject()) {
            return condition == null || condition.isEmpty() && condition.isContainerNode()
                    ? ConditionScope.ACCOUNT
                    : ConditionScope.CALL;
        }
        return condition
                .propertyStream()
                .flatMap(operator -> operator.getValue().isObject()
                        ? operator.getValue()
                                .propertyStream()
                                .filter(key -> holds(operator.getKey(), key.getKey(), key.getValue()) == Holds.PERHAPS)
                                .flatMap(key -> Stream.concat(Stream.of(key.getKey()), variables(key.getValue())))
                                .map(RequestContext::alike)
                        : Stream.of(ConditionScope.CALL))
                .max(Comparator.naturalOrder())
                .orElse(ConditionScope.ACCOUNT);
    }

    /** IAM User Guide, "AWS global condition context keys". Unknown keys may differ between calls. */
    private static ConditionScope alike(String key) {
        String lower = key.strip().toLowerCase(Locale.ROOT);
        if (OF_ACCOUNT.contains(lower)) {
            return ConditionScope.ACCOUNT;
        }
        if (OF_ROLE.contains(lower)) {
            return ConditionScope.ROLE;
        }
        return lower.startsWith("aws:principaltag/") || OF_SESSION.contains(lower)
                ? ConditionScope.SESSION
                : ConditionScope.CALL;
    }

    /** The condition keys of the policy variables in the values. */
    private static Stream<String> variables(JsonNode values) {
        return texts(values).stream()
                .flatMap(text -> VARIABLE.matcher(text).results().map(r -> r.group(1)));
    }

    /** @param condition the {@code Condition} of a statement, null if it has none */
    Holds holds(@Nullable JsonNode condition) {
        if (condition == null || condition.isEmpty() && condition.isContainerNode()) {
            return Holds.ALWAYS;
        }
        if (!condition.isObject()) {
            return Holds.PERHAPS;
        }
        List<Holds> all = condition
                .propertyStream()
                .flatMap(operator -> operator.getValue().isObject()
                        ? operator.getValue()
                                .propertyStream()
                                .map(key -> holds(operator.getKey(), key.getKey(), key.getValue()))
                        : Stream.of(Holds.PERHAPS))
                .toList();
        return all.contains(Holds.NEVER) ? Holds.NEVER : all.contains(Holds.PERHAPS) ? Holds.PERHAPS : Holds.ALWAYS;
    }

    private Holds holds(String operator, String key, JsonNode expected) {
        List<Optional<String>> values = possible.get(key.toLowerCase(Locale.ROOT));
        Optional<Test> test = Test.of(operator);
        List<String> wanted = texts(expected);
        // Only the call has the value of a policy variable. And it is not documented how ARN operators treat a
        // pattern that is not an ARN.
        if (values == null
                || test.isEmpty()
                || wanted.stream().anyMatch(w -> w.contains("${") || operator.startsWith("Arn") && !Test.isArn(w))) {
            return Holds.PERHAPS;
        }
        var outcomes = new TreeSet<Boolean>();
        values.forEach(value -> outcomes.add(test.get().passes(value, wanted)));
        return outcomes.size() > 1 ? Holds.PERHAPS : outcomes.contains(true) ? Holds.ALWAYS : Holds.NEVER;
    }

    private static List<String> texts(JsonNode node) {
        return (node.isArray() ? node.valueStream() : Stream.of(node))
                .filter(JsonNode::isValueNode)
                .map(JsonNode::asText)
                .toList();
    }

    /**
     * A condition operator.
     *
     * @param negated whether it requires that no value matches; an absent key then matches
     * @param ifExists whether an absent key always matches
     */
    private record Test(BiPredicate<String, String> matches, boolean negated, boolean ifExists, boolean ofAbsence) {

        /** Empty for operators on sets, numbers, dates and addresses. No known key needs these. */
        static Optional<Test> of(String name) {
            boolean ifExists = name.endsWith(IF_EXISTS);
            String plain = ifExists ? name.substring(0, name.length() - IF_EXISTS.length()) : name;
            boolean negated = plain.contains("Not");
            BiPredicate<String, String> matches =
                    switch (plain) {
                        case "StringEquals", "StringNotEquals" -> String::equals;
                        case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Bool" -> String::equalsIgnoreCase;
                        case "StringLike", "StringNotLike" -> Wildcards::matches;
                        case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike" -> Test::isLikeArn;
                        default -> null;
                    };
            if (plain.equals("Null")) {
                return Optional.of(new Test(String::equals, false, false, true));
            }
            return matches == null ? Optional.empty() : Optional.of(new Test(matches, negated, ifExists, false));
        }

        boolean passes(Optional<String> value, List<String> wanted) {
            if (ofAbsence) {
                return wanted.stream().anyMatch(String.valueOf(value.isEmpty())::equalsIgnoreCase);
            }
            return value.map(v -> wanted.stream().anyMatch(w -> matches.test(w, v)) != negated)
                    .orElse(negated || ifExists);
        }

        private static boolean isArn(String pattern) {
            return pattern.split(":", 6).length == 6;
        }

        /** Compares the six parts of an ARN one by one, so that a wildcard does not match a colon. */
        private static boolean isLikeArn(String pattern, String arn) {
            String[] patterns = pattern.split(":", 6);
            String[] parts = arn.split(":", 6);
            return patterns.length == parts.length
                    && Arrays.equals(patterns, parts, (p, a) -> Wildcards.matches(p, a) ? 0 : 1);
        }
    }
}
