package io.cmek.operator.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.key.KeyArn;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
final class Circumstances {

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

    /** Beside those of the kind {@code aws:Principal…}: keys of which all calls of a principal have the same values. */
    private static final Set<String> ABOUT_CALLER = Set.of("kms:calleraccount", "aws:userid", "aws:username");

    private static final String IF_EXISTS = "IfExists";

    /** Condition keys, in lower case, with all values that they can have; an empty value stands for an absent key. */
    private final Map<String, Set<Optional<String>>> possible;

    private Circumstances(Map<String, Set<Optional<String>>> possible) {
        this.possible = possible;
    }

    /** Of calls that the principal makes with the key, by itself or through the services that encrypt with it: S3 and, for EBS, EC2. */
    static Circumstances of(KeyArn key, StatementKind kind, String principal) {
        var possible = new HashMap<String, Set<Optional<String>>>();
        Matcher identity = IDENTITY.matcher(principal);
        if (identity.matches()) {
            possible.put("kms:calleraccount", Set.of(Optional.of(identity.group(1))));
            possible.put("aws:principalaccount", Set.of(Optional.of(identity.group(1))));
            if (!identity.group(2).equals("root")) {
                possible.put("aws:principalarn", Set.of(Optional.of(principal)));
            }
        }
        possible.put("aws:principalisawsservice", Set.of(Optional.of("false")));
        // Calls that services make for a role may lack it.
        possible.put("aws:securetransport", Set.of(Optional.of("true"), Optional.empty()));
        boolean grants = kind.onlyForAwsResources();
        possible.put("kms:grantisforawsresource", Set.of(grants ? Optional.of("true") : Optional.empty()));
        if (PARTITIONS.contains(key.partition())) {
            String ofRegion = "." + key.region() + ".amazonaws.com";
            possible.put(
                    "kms:viaservice",
                    grants
                            ? Set.of(Optional.of("ec2" + ofRegion))
                            : Set.of(Optional.of("ec2" + ofRegion), Optional.of("s3" + ofRegion), Optional.empty()));
        }
        return new Circumstances(possible);
    }

    /** Whether a condition key is only about who calls: whatever it is, it is the same in all calls of a principal. */
    static boolean isAboutCaller(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        return lower.startsWith("aws:principal") || ABOUT_CALLER.contains(lower);
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
        Set<Optional<String>> values = possible.get(key.toLowerCase(Locale.ROOT));
        Optional<Test> test = Test.of(operator);
        List<String> wanted = texts(expected);
        // A policy variable stands for a value that only the call has.
        if (values == null || test.isEmpty() || wanted.stream().anyMatch(w -> w.contains("${"))) {
            return Holds.PERHAPS;
        }
        var outcomes = new HashSet<Boolean>();
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
                return wanted.contains(String.valueOf(value.isEmpty()));
            }
            return value.map(v -> wanted.stream().anyMatch(w -> matches.test(w, v)) != negated)
                    .orElse(negated || ifExists);
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
