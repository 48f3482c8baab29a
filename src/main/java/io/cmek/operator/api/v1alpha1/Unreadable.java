package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why this version cannot read a stored object, and the keys that the object names. Its required access to these keys is unknown, so it protects
 * their policies. The memory for it does not grow with the object.
 *
 * @param why a sentence for the log and an Event, without the final period
 * @param keyArns all key ARNs in the object, including its metadata and status
 * @param namesMore whether the object has more than {@link #MAX_KEYS} key ARNs: then it may name any key
 * @param served whether data may exist under these keys. False only if the status, which only the operator writes, shows that there is none
 */
public record Unreadable(String why, Set<String> keyArns, boolean namesMore, boolean served) {

    /** A resource of this version names at most three keys. */
    static final int MAX_KEYS = 64;

    static final int MAX_WHY = 200;

    private static final Pattern KEY_ARN =
            Pattern.compile(CelRules.KEY_ARN.substring(1, CelRules.KEY_ARN.length() - 1));

    /** States without any encrypted data, of a resource and of an entry of status.keys. Every version uses them with this meaning. */
    private static final Set<String> NEVER_ENABLED =
            Set.of(EncryptionState.DISABLED.name(), EncryptionState.PENDING.name(), EncryptionState.FAILED.name());

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}+");

    public Unreadable {
        String line = CONTROL.matcher(why).replaceAll(" ");
        why = line.length() <= MAX_WHY ? line : line.substring(0, MAX_WHY - 3) + "...";
        keyArns = Collections.unmodifiableSet(new TreeSet<>(keyArns));
    }

    /** @param object the JSON of the API server */
    static Unreadable of(String why, JsonNode object) {
        var found = new TreeSet<String>();
        collect(object, found);
        boolean more = found.size() > MAX_KEYS;
        return new Unreadable(why, more ? Set.of() : found, more, isServed(object.path("status")));
    }

    /** Whether the object names the key or may name it. */
    public boolean mayName(String keyArn) {
        return namesMore || keyArns.contains(keyArn);
    }

    private static boolean isServed(JsonNode status) {
        if (status.isMissingNode() || status.isNull()) {
            return false;
        }
        return !status.isObject()
                || !isOneOf(status.path("encryption"), NEVER_ENABLED)
                || isAny(status.path("keys"), line -> !isOneOf(line.path("state"), NEVER_ENABLED))
                || isAny(status.path("buckets"), line -> line.hasNonNull("kmsKeyID"))
                || isAny(
                        status.path("conditions"),
                        condition -> condition.path("type").asText().equals("PolicyApplied")
                                && condition.path("status").asText().equals("True"));
    }

    private static boolean isOneOf(JsonNode value, Set<String> names) {
        return value.isMissingNode() || value.isNull() || names.contains(value.asText());
    }

    /** Returns true for a value that is not a list, because another version can have changed the type. */
    private static boolean isAny(JsonNode list, Predicate<JsonNode> which) {
        return !list.isMissingNode()
                && !list.isNull()
                && (!list.isArray() || list.valueStream().anyMatch(which));
    }

    private static void collect(JsonNode node, Set<String> found) {
        if (found.size() > MAX_KEYS) {
            return;
        }
        if (node.isTextual()) {
            collect(node.textValue(), found);
        }
        node.fieldNames().forEachRemaining(name -> collect(name, found));
        node.forEach(child -> collect(child, found));
    }

    private static void collect(String text, Set<String> found) {
        Matcher matcher = KEY_ARN.matcher(text);
        while (matcher.find() && found.size() <= MAX_KEYS) {
            found.add(matcher.group());
        }
    }
}
