package io.cmek.operator.key;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ARN of a KMS key: {@code arn:<partition>:kms:<region>:<account>:key/<key id>}. An alias is not accepted, because it can be pointed at another
 * key at any time (KMS Developer Guide, "Aliases in AWS KMS").
 */
public record KeyArn(String partition, String region, String account, String keyId) implements Comparable<KeyArn> {

    private static final Pattern SHAPE = Pattern.compile(
            "arn:(aws[a-z0-9-]*):kms:([a-z]{2}[a-z0-9-]*-[0-9]+):([0-9]{12}):key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    /** @throws IllegalArgumentException with a message for the user if {@code text} is not a key ARN */
    public static KeyArn parse(String text) {
        Matcher matcher = SHAPE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not the ARN of a KMS key: expected arn:<partition>:kms:<region>:<account>:key/<key id>; an alias is"
                    + " not accepted because it can be pointed at another key");
        }
        return new KeyArn(matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4));
    }

    /** Whether the id marks a multi-Region key, primary or replica. Both share the id and the key material. */
    public boolean isMultiRegion() {
        return keyId.startsWith("mrk-");
    }

    /** Whether both are replicas of one multi-Region key, in different regions. */
    public boolean isReplicaOf(KeyArn other) {
        return isMultiRegion()
                && keyId.equals(other.keyId)
                && account.equals(other.account)
                && partition.equals(other.partition)
                && !region.equals(other.region);
    }

    @Override
    public int compareTo(KeyArn other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return "arn:" + partition + ":kms:" + region + ":" + account + ":key/" + keyId;
    }
}
