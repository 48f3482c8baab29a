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
 * What is known beforehand of the calls that a role of the service makes with a key: the values that a condition key can have in them, and
 * whether it can be absent. Some conditions are therefore met by all of these calls and some by none; of the others nobody can tell who
 * reads only the policy (IAM User Guide, "IAM JSON policy elements: Condition operators" and "AWS global condition context keys"; KMS
 * Developer Guide, "AWS KMS condition keys").
 */
final class RequestContext {

    /** For which of the calls a condition holds. */
    enum Holds {
        ALWAYS,
        NEVER,
        PERHAPS
    }

    private static final Pattern IDENTITY =
            Pattern.compile("arn:aws[a-z0-9-]*:iam::([0-9]{12}):(root|role/.+|user/.+)");

    /** Those of the partitions whose service names are documented. */
    private static final Set<String> PARTITIONS = Set.of("aws", "aws-us-gov");

    /** The name of the role as which EBS attaches volumes (EBS User Guide, "Permissions for instances"). */
    static final String EBS = "aws:ec2-infrastructure";

    private static final String PRINCIPAL_ARN = "aws:principalarn";

    /** Keys of which all calls of an account have the same values with a key, in lower case. */
    private static final Set<String> OF_ACCOUNT = Set.of(
            "kms:calleraccount",
            "aws:principalaccount",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:resourceaccount",
            "aws:resourceorgid",
            "aws:resourceorgpaths");

    /** Keys of which all calls of a role have the same values, in lower case. */
    private static final Set<String> OF_ROLE =
            Set.of(PRINCIPAL_ARN, "aws:principaltype", "aws:principalisawsservice", "aws:principalservicename");

    /** Other keys of which all calls of a session have the same values, in lower case; beside those of tags. */
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

    /** An instance that no statement names. */
    private static final String SOME_INSTANCE = "i-0e7a5f1c93b2d4860";

    private static final String IF_EXISTS = "IfExists";

    /** Condition keys, in lower case, with all values that they can have; an empty value stands for an absent key. */
    private final Map<String, List<Optional<String>>> possible;

    private RequestContext(Map<String, List<Optional<String>>> possible) {
        this.possible = possible;
    }

    /** Of calls that the principal makes with the key, by itself or through the services that encrypt with it: S3 and, for EBS, EC2. */
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
        // Calls that services make for a role may lack it.
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
     * Of the calls with which EBS attaches a volume: EC2 decrypts with the key, by a grant.
     *
     * @param role its ARN, without the id of an instance or with it
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
            // Whether a call by a grant has it, is not documented.
            possible.put(
                    "kms:viaservice", List.of(Optional.of("ec2." + key.region() + ".amazonaws.com"), Optional.empty()));
        }
        return new RequestContext(possible);
    }

    /** Instances that a condition on the caller's ARN can tell apart: those that it names, those of its patterns, and another one. */
    static Set<String> instances(@Nullable JsonNode condition) {
        var instances = new TreeSet<String>();
        instances.add(SOME_INSTANCE);
        if (condition != null) {
            condition
                    .valueStream()
                    .flatMap(JsonNode::propertyStream)
                    .filter(key -> key.getKey().equalsIgnoreCase(PRINCIPAL_ARN))
                    .flatMap(key -> texts(key.getValue()).stream())
                    // A pattern is met by what it becomes when its wildcards are digits.
                    .map(arn -> arn.substring(arn.lastIndexOf('/') + 1)
                            .replace('*', '0')
                            .replace('?', '0'))
                    .filter(id -> INSTANCE.matcher(id).matches())
                    .forEach(instances::add);
        }
        return instances;
    }

    /** Which calls meet a condition alike, as far as it is not known beforehand. */
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

    /** IAM User Guide, "AWS global condition context keys". What is not known may be another in each call. */
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

    /** The condition keys that policy variables in the values stand for. */
    private static Stream<String> variables(JsonNode values) {
        return texts(values).stream()
                .flatMap(text -> VARIABLE.matcher(text).results().map(r -> r.group(1)));
    }

    /** @param condition the {@code Condition} of a statement, null where it has none */
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
        // A policy variable stands for a value that only the call has. And no source says what an operator on ARNs
        // makes
        // of a pattern that is none.
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
     * @param negated whether it asks that no value matches; an absent key then passes
     * @param ifExists whether an absent key passes in any case
     */
    private record Test(BiPredicate<String, String> matches, boolean negated, boolean ifExists, boolean ofAbsence) {

        /** Empty for the operators on sets, numbers, dates and addresses, which no known key needs. */
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

        /** The six parts of an ARN are compared one by one, so that no wildcard reaches over a colon. */
        private static boolean isLikeArn(String pattern, String arn) {
            String[] patterns = pattern.split(":", 6);
            String[] parts = arn.split(":", 6);
            return patterns.length == parts.length
                    && Arrays.equals(patterns, parts, (p, a) -> Wildcards.matches(p, a) ? 0 : 1);
        }
    }
}
