package io.cmek.operator.keypolicy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One statement of a key policy, with its index in the document. Read-only. */
record Statement(int index, ObjectNode json) {

    /** The form that the ARN of a deleted user or role becomes (IAM User Guide, "IAM identifiers"). */
    private static final Pattern DEAD_PRINCIPAL = Pattern.compile("(AIDA|AROA)[A-Z0-9]{12,124}");

    private static final Pattern ACCOUNT_ROOT = Pattern.compile("arn:aws[a-z0-9-]*:iam::([0-9]{12}):root");

    private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");

    private static final Pattern SESSION =
            Pattern.compile("arn:aws[a-z0-9-]*:sts::([0-9]{12}):assumed-role/([^/]+)/.+");

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private static final int MAX_NAME = 128;

    @Nullable
    String sid() {
        JsonNode sid = json.get("Sid");
        return sid != null && sid.isTextual() ? sid.textValue() : null;
    }

    /** Name for messages: the Sid, or the position if there is none. */
    String name() {
        String sid = sid();
        return sid != null && !sid.isEmpty() ? "'" + printable(sid) + "'" : "number " + (index + 1) + " (without Sid)";
    }

    /** Sanitizes policy text for one line of a status, Event or log. The policy's author is untrusted. */
    private static String printable(String text) {
        String line = UNPRINTABLE.matcher(text).replaceAll("?");
        return line.length() <= MAX_NAME ? line : line.substring(0, MAX_NAME) + "…";
    }

    /** The same text for all equivalent statements, at any index. */
    String meaning() {
        return CanonicalForm.ofStatement(json);
    }

    boolean has(String member) {
        return json.has(member);
    }

    boolean isAllow() {
        return "Allow".equals(json.path("Effect").textValue());
    }

    boolean isDeny() {
        return "Deny".equals(json.path("Effect").textValue());
    }

    /** A member that may be a string or a list of strings. Other types give an empty list. */
    List<String> strings(String member) {
        return texts(json.get(member));
    }

    /** The AWS principals of {@code Principal} or {@code NotPrincipal}; {@code "*"} counts as one. */
    List<String> awsPrincipals(String member) {
        JsonNode principal = json.get(member);
        if (principal == null) {
            return List.of();
        }
        return principal.isTextual() ? List.of(principal.textValue()) : texts(principal.get("AWS"));
    }

    /** Sorted, so that the order is stable between reads. */
    SortedSet<String> deadPrincipals() {
        var dead = new TreeSet<String>();
        for (String member : List.of("Principal", "NotPrincipal")) {
            awsPrincipals(member).stream().filter(Statement::isDead).forEach(dead::add);
        }
        return dead;
    }

    /** The condition keys of the statement, sanitized for messages. */
    SortedSet<String> conditionKeys() {
        var keys = new TreeSet<String>();
        JsonNode condition = json.get("Condition");
        if (condition != null) {
            condition.forEach(operator -> operator.fieldNames().forEachRemaining(key -> keys.add(printable(key))));
        }
        return keys;
    }

    static boolean isDead(String principal) {
        return DEAD_PRINCIPAL.matcher(principal).matches();
    }

    /** An account's root and its bare id are the same principal (IAM User Guide, "AWS account principals"). */
    static String canonical(String principal) {
        Matcher root = ACCOUNT_ROOT.matcher(principal);
        return root.matches() ? root.group(1) : principal;
    }

    /** The account of an ARN or of an account principal. Empty for others, such as {@code "*"}. */
    static Optional<String> account(String principal) {
        String[] parts = principal.split(":", 6);
        String account = parts.length == 6 ? parts[4] : principal;
        return ACCOUNT.matcher(account).matches() ? Optional.of(account) : Optional.empty();
    }

    /**
     * Whether the principal is a session of the role (IAM User Guide, "IAM identifiers"). A session ARN has the role's name without the path.
     *
     * @param role ARN of a role; no other principal has sessions
     */
    static boolean isSessionOf(String principal, String role) {
        Matcher session = SESSION.matcher(principal);
        String[] parts = role.split(":", 6);
        return session.matches()
                && parts.length == 6
                && parts[5].startsWith("role/")
                && session.group(1).equals(parts[4])
                && session.group(2).equals(parts[5].substring(parts[5].lastIndexOf('/') + 1));
    }

    /** Whether the condition requires a value of the key, and no negated operator excludes values of it. */
    boolean isTargetedByCondition(String key) {
        JsonNode condition = json.get("Condition");
        return condition != null
                && condition.propertyStream().noneMatch(o -> o.getKey().contains("Not") && asksFor(o.getValue(), key))
                && condition.propertyStream().anyMatch(o -> asksFor(o.getValue(), key));
    }

    private static boolean asksFor(JsonNode operator, String key) {
        return operator.propertyStream().anyMatch(k -> k.getKey().equalsIgnoreCase(key));
    }

    static SortedSet<String> canonical(Collection<String> principals) {
        var set = new TreeSet<String>();
        principals.forEach(p -> set.add(canonical(p)));
        return set;
    }

    private static List<String> texts(@Nullable JsonNode node) {
        var texts = new ArrayList<String>();
        if (node != null && node.isTextual()) {
            texts.add(node.textValue());
        } else if (node != null && node.isArray()) {
            node.forEach(element -> {
                if (element.isTextual()) {
                    texts.add(element.textValue());
                }
            });
        }
        return texts;
    }
}
